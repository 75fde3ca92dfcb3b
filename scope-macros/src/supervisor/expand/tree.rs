//! The tree as const data: `Tree::new("Shop", Strategy::OneForOne).children(&[Node::service("ledger", <Ledger as Service>::DECLARATION)])`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;
use syn::ext::IdentExt;

use crate::duration;
use crate::names::{self, Krate};
use crate::supervisor::model::{AutoShutdown, Backoff, Child, ChildKind, Intensity, Limit};
use crate::supervisor::model::{Restart, Settings, Shutdown, Start, Strategy, Supervisor, Tree};

/// Input: a whole supervisor.
///
/// Output: `Tree::new("Shop", …).requires(&[<Bank as Service>::DECLARATION]).children(&[…])`.
pub(crate) fn declared(supervisor: &Supervisor) -> TokenStream {
    let p = &supervisor.krate.private();
    let required = &supervisor.requires;
    let required = required.iter().map(|service| declaration(p, service));
    let requires = (required.len() > 0).then(|| quote!(.requires(&[#(#required),*])));
    let name = supervisor.name.unraw().to_string();
    tree(
        &supervisor.krate,
        &name,
        requires.as_ref(),
        &supervisor.tree,
    )
}

fn tree(krate: &Krate, name: &str, requires: Option<&TokenStream>, tree: &Tree) -> TokenStream {
    let p = &krate.private();
    let settings = &tree.settings;
    // A missing strategy has been reported.
    let strategy = settings.strategy.as_ref().map(|it| it.value);
    let strategy = self::strategy(p, strategy.unwrap_or(Strategy::OneForOne));
    let intensity = settings.intensity.as_ref().map(|it| {
        let intensity = intensity(p, &it.value);
        quote!(.intensity(#intensity))
    });
    let auto_shutdown = settings.auto_shutdown.as_ref().map(|it| {
        let auto_shutdown = auto_shutdown(p, it.value);
        quote!(.auto_shutdown(#auto_shutdown))
    });
    let children = (!tree.children.is_empty()).then(|| {
        let nodes = tree.children.iter().map(|child| node(krate, child));
        quote!(.children(&[#(#nodes),*]))
    });
    quote!(#p::Tree::new(#name, #strategy) #intensity #auto_shutdown #requires #children)
}

/// Input: `ledger: Ledger(…) { restart: transient }`.
///
/// Output: `Node::service("ledger", <Ledger as Service>::DECLARATION).restart(Restart::Transient)`.
fn node(krate: &Krate, child: &Child) -> TokenStream {
    let p = &krate.private();
    let cfgs = &child.attrs.cfgs;
    let id = child.name();
    let node = match &child.kind {
        ChildKind::Service { service, .. } => {
            let service = declaration(p, service);
            quote!(service(#id, #service))
        }
        ChildKind::Dynamic {
            service,
            start: Start::By(key),
            ..
        } => {
            let (service, key) = (declaration(p, service), names::spelled(&key.ty));
            quote!(dynamic(#id, #service).keyed(#key))
        }
        ChildKind::Dynamic { service, .. } => {
            let service = declaration(p, service);
            quote!(dynamic(#id, #service))
        }
        ChildKind::Partition { service, .. } => {
            let (service, partitions) = (declaration(p, service), partitions(&child.settings));
            quote!(partition(#id, #service, #partitions))
        }
        ChildKind::Tasks => quote!(tasks(#id)),
        ChildKind::Task { .. } => quote!(task(#id)),
        ChildKind::Inline(nested) => {
            let shutdown = shutdown(p, &nested.settings);
            let nested = tree(krate, &id, None, nested);
            quote!(supervisor(#id, &#nested) #shutdown)
        }
        ChildKind::Subtree { supervisor, .. } => {
            quote!(subtree(#id, <#supervisor as #p::SupervisorTree>::TREE))
        }
    };
    let overrides = overrides(p, &child.settings);
    quote!(#(#cfgs)* #p::Node::#node #overrides)
}

/// `<Ledger as Service>::DECLARATION`
fn declaration(p: &TokenStream, service: &Path) -> TokenStream {
    quote!(<#service as #p::Service>::DECLARATION)
}

/// The number of parts. A missing one has been reported.
pub(crate) fn partitions(settings: &Settings) -> TokenStream {
    settings
        .partitions
        .as_ref()
        .map_or_else(|| quote!(1), |it| it.value.to_token_stream())
}

/// Input: `{ restart: transient, shutdown: "10s" }`.
///
/// Output: `.restart(Restart::Transient).shutdown(Shutdown::Timeout(…))`.
fn overrides(p: &TokenStream, settings: &Settings) -> TokenStream {
    let restart = settings.restart.as_ref().map(|it| {
        let restart = restart(p, it.value);
        quote!(.restart(#restart))
    });
    let shutdown = shutdown(p, settings);
    let significant = settings.significant.as_ref().filter(|it| it.value);
    let significant = significant.map(|_| quote!(.significant()));
    let key = settings.key.as_ref().map(|it| {
        let key = &it.value;
        quote!(.key(#key))
    });
    let start_timeout = settings.start_timeout.as_ref().map(|it| match it.value {
        Limit::After(limit) => {
            let limit = duration::expand(p, limit);
            quote!(.start_timeout(#limit))
        }
        Limit::Infinity => quote!(.no_start_timeout()),
    });
    let backoff = settings.backoff.as_ref().map(|it| backoff(p, it.value));
    let intensity = settings.intensity.as_ref().map(|it| {
        let intensity = intensity(p, &it.value);
        quote!(.intensity(#intensity))
    });
    let max_children = settings.max_children.as_ref().map(|it| {
        let count = &it.value;
        quote!(.max_children(#count))
    });
    let idle = settings.idle.as_ref().map(|it| {
        let idle = duration::expand(p, it.value);
        quote!(.idle(#idle))
    });
    quote! {
        #restart #shutdown #significant #key #start_timeout #backoff #intensity #max_children #idle
    }
}

fn strategy(p: &TokenStream, strategy: Strategy) -> TokenStream {
    match strategy {
        Strategy::OneForOne => quote!(#p::Strategy::OneForOne),
        Strategy::OneForAll => quote!(#p::Strategy::OneForAll),
        Strategy::RestForOne => quote!(#p::Strategy::RestForOne),
    }
}

fn restart(p: &TokenStream, restart: Restart) -> TokenStream {
    match restart {
        Restart::Permanent => quote!(#p::Restart::Permanent),
        Restart::Transient => quote!(#p::Restart::Transient),
        Restart::Temporary => quote!(#p::Restart::Temporary),
    }
}

fn auto_shutdown(p: &TokenStream, auto_shutdown: AutoShutdown) -> TokenStream {
    match auto_shutdown {
        AutoShutdown::Never => quote!(#p::AutoShutdown::Never),
        AutoShutdown::AnySignificant => quote!(#p::AutoShutdown::AnySignificant),
        AutoShutdown::AllSignificant => quote!(#p::AutoShutdown::AllSignificant),
    }
}

fn shutdown(p: &TokenStream, settings: &Settings) -> Option<TokenStream> {
    let shutdown = match settings.shutdown.as_ref()?.value {
        Shutdown::BrutalKill => quote!(BrutalKill),
        Shutdown::Timeout(time) => {
            let time = duration::expand(p, time);
            quote!(Timeout(#time))
        }
        Shutdown::Infinity => quote!(Infinity),
    };
    Some(quote!(.shutdown(#p::Shutdown::#shutdown)))
}

fn intensity(p: &TokenStream, intensity: &Intensity) -> TokenStream {
    let restarts = &intensity.restarts;
    let period = duration::expand(p, intensity.period);
    quote!(#p::Intensity::new(#restarts, #period))
}

fn backoff(p: &TokenStream, backoff: Backoff) -> TokenStream {
    let min = duration::expand(p, backoff.min);
    let max = duration::expand(p, backoff.max);
    quote!(.backoff(#min, #max))
}
