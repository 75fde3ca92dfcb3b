//! Who takes part.

/// One column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contestant {
    /// Its name, and the variant that its program is told to be.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program: &'static str,
    /// The feature that it is built with.
    pub(crate) feature: &'static str,
    /// What people read above its column.
    pub(crate) title: &'static str,
}

const fn contestant(
    name: &'static str,
    program: &'static str,
    feature: &'static str,
    title: &'static str,
) -> Contestant {
    Contestant {
        name,
        program,
        feature,
        title,
    }
}

/// Whom all others are compared with.
pub(crate) const RAW: Contestant = contestant("raw", "raw", "raw", "raw");
/// Scope as one gets it.
pub(crate) const SCOPE: Contestant = contestant("scope", "scope", "scope-default", "Scope");

const ALL: [Contestant; 10] = [
    RAW,
    contestant("raw-deadline", "raw", "raw", "raw with a deadline"),
    contestant("scope-bare", "scope", "scope", "Scope, bare"),
    SCOPE,
    contestant(
        "scope-attached",
        "scope",
        "scope-default",
        "Scope, a handler attached",
    ),
    contestant("scope-traced", "scope", "scope-default", "Scope, spans on"),
    contestant("kameo", "kameo", "kameo", "kameo"),
    contestant("ractor", "ractor", "ractor", "ractor"),
    contestant("actix", "actix", "actix", "actix"),
    contestant("xtra", "xtra", "xtra", "xtra"),
];

/// The named ones and `raw`; all, if none is named.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<Contestant>, String> {
    let unknown = names
        .iter()
        .find(|name| ALL.iter().all(|known| known.name != **name));
    if let Some(unknown) = unknown {
        let known = ALL.map(|known| known.name).join("`, `");
        return Err(format!(
            "there is no contestant `{unknown}`; there are `{known}`"
        ));
    }
    let chosen = |known: &Contestant| {
        names.is_empty() || *known == RAW || names.iter().any(|name| known.name == name)
    };
    Ok(ALL.into_iter().filter(chosen).collect())
}
