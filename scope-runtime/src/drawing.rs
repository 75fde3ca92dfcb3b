//! Drawings of declared trees: for terminals, Mermaid and Graphviz.

use std::fmt::{self, Display, Formatter, Write};

use crate::child_spec::{Restart, Shutdown};
use crate::supervisor::{AutoShutdown, Intensity, Strategy};
use crate::tree::{By, Node, NodeKind, Tree};

impl Tree {
    /// The tree as a Mermaid flowchart.
    pub fn mermaid(&self) -> impl Display + use<> {
        Mermaid(*self)
    }

    /// The tree as a Graphviz digraph.
    pub fn dot(&self) -> impl Display + use<> {
        Dot(*self)
    }
}

impl Display for Tree {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.name, Limits(self))?;
        draw(f, self.children, "")
    }
}

fn draw(f: &mut Formatter<'_>, children: &[Node], indent: &str) -> fmt::Result {
    for (index, node) in children.iter().enumerate() {
        let last = index + 1 == children.len();
        let (branch, below) = if last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        writeln!(f, "{indent}{branch}{}: {}", node.id, Label(node))?;
        if let NodeKind::Supervisor(tree) = node.kind {
            draw(f, tree.children, &format!("{indent}{below}"))?;
        }
    }
    Ok(())
}

/// What a supervisor's limits are, in a few words.
struct Limits<'a>(&'a Tree);

impl Display for Limits<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.0.strategy, self.0.intensity)?;
        match self.0.auto_shutdown {
            AutoShutdown::Never => Ok(()),
            other => write!(f, ", auto_shutdown {other}"),
        }
    }
}

/// What a child is, in a few words; only what differs from its service's own options.
struct Label<'a>(&'a Node);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let node = self.0;
        match &node.kind {
            NodeKind::Service(service) => f.write_str(service.name)?,
            NodeKind::Dynamic(service, By::Start) => write!(f, "dynamic {}", service.name)?,
            NodeKind::Dynamic(service, By::Key(key)) => {
                write!(f, "dynamic {} by {key}", service.name)?;
            }
            NodeKind::Partition(service, partitions) => {
                write!(f, "{} in {partitions} partitions", service.name)?;
            }
            NodeKind::Tasks => f.write_str("tasks")?,
            NodeKind::Task => f.write_str("task")?,
            NodeKind::Supervisor(tree) if tree.name == node.id => {
                write!(f, "supervisor ({})", Limits(tree))?;
            }
            NodeKind::Supervisor(tree) => {
                write!(f, "supervisor {} ({})", tree.name, Limits(tree))?;
            }
        }
        if let Some(key) = node.key {
            write!(f, " [{key}]")?;
        }
        write_overrides(f, node)
    }
}

fn write_overrides(f: &mut Formatter<'_>, node: &Node) -> fmt::Result {
    let declared = node.declaration().map(|service| service.options.restart);
    if let Some(restart) = node
        .restart
        .or(declared)
        .filter(|it| *it != Restart::Permanent)
    {
        write!(f, ", {restart}")?;
    }
    if let Some(shutdown) = node.shutdown {
        write!(f, ", shutdown {shutdown}")?;
    }
    if node.significant {
        f.write_str(", significant")?;
    }
    if let Some(most) = node.max_children {
        write!(f, ", at most {most}")?;
    }
    if let Some(after) = node.idle {
        write!(f, ", idle {after:?}")?;
    }
    if let Some((shortest, longest)) = node.backoff {
        write!(f, ", backoff {shortest:?}..{longest:?}")?;
    }
    if let Some(intensity) = node.intensity {
        write!(f, ", {intensity}")?;
    }
    Ok(())
}

struct Mermaid(Tree);

impl Display for Mermaid {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("flowchart TD\n")?;
        writeln!(f, "    n0[[\"{}<br/>{}\"]]", self.0.name, Limits(&self.0))?;
        edges(&self.0, 0, &mut 1, &mut |from, to, node| {
            let (open, close) = if is_supervisor(node) {
                ("[[\"", "\"]]")
            } else {
                ("[\"", "\"]")
            };
            writeln!(f, "    n{to}{open}{}<br/>{}{close}", node.id, Label(node))?;
            writeln!(f, "    n{from} --> n{to}")
        })
    }
}

struct Dot(Tree);

impl Display for Dot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "digraph {} {{", Quoted(self.0.name))?;
        let root = format!("{}\n{}", self.0.name, Limits(&self.0));
        writeln!(
            f,
            "    n0 [shape=box, peripheries=2, label={}];",
            Quoted(&root)
        )?;
        edges(&self.0, 0, &mut 1, &mut |from, to, node| {
            let peripheries = if is_supervisor(node) { 2 } else { 1 };
            let label = format!("{}\n{}", node.id, Label(node));
            let label = Quoted(&label);
            writeln!(
                f,
                "    n{to} [shape=box, peripheries={peripheries}, label={label}];"
            )?;
            writeln!(f, "    n{from} -> n{to};")
        })?;
        f.write_str("}\n")
    }
}

/// A Graphviz string.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

fn is_supervisor(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::Service(_) | NodeKind::Task)
}

/// Visits every edge, parents first, with the numbers of both ends.
fn edges(
    tree: &Tree,
    from: usize,
    next: &mut usize,
    visit: &mut dyn FnMut(usize, usize, &Node) -> fmt::Result,
) -> fmt::Result {
    for node in tree.children {
        let to = *next;
        *next += 1;
        visit(from, to, node)?;
        if let NodeKind::Supervisor(nested) = node.kind {
            edges(nested, to, next, visit)?;
        }
    }
    Ok(())
}

impl Display for Strategy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        })
    }
}

impl Display for AutoShutdown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "never",
            Self::AnySignificant => "any_significant",
            Self::AllSignificant => "all_significant",
        })
    }
}

impl Display for Intensity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let noun = if self.max_restarts() == 1 {
            "restart"
        } else {
            "restarts"
        };
        write!(f, "{} {noun} in {:?}", self.max_restarts(), self.period())
    }
}

impl Display for Restart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::Temporary => "temporary",
        })
    }
}

impl Display for Shutdown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrutalKill => f.write_str("brutal_kill"),
            Self::Timeout(limit) => write!(f, "{limit:?}"),
            Self::Infinity => f.write_str("infinity"),
        }
    }
}
