//! Reads the signature of a marked method, with the rules that hold inside it.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericParam, ImplItemFn, Pat, PatType, Receiver, ReceiverKind, ReturnType,
    Safety, Signature, Type, Visibility,
};

use super::health::check_memory;
use super::role::Role;
use super::types::{self, Flaws};
use crate::diag::Errors;
use crate::names;

/// A method, with what the expansion needs to name and to call it.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) cfgs: Vec<Attribute>,
    /// Docs and `#[deprecated]`, which move to the handle's method.
    pub(super) carried: Vec<Attribute>,
    pub(super) asynchrony: Asynchrony,
    pub(super) receiver: Option<Receiver>,
    pub(super) params: Vec<Param>,
    /// `None` for a method that returns nothing.
    pub(super) output: Option<Type>,
    /// Where the arrow of the return type is.
    pub(super) arrow: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asynchrony {
    Sync,
    Async,
}

/// What to pass at a place in the list of arguments.
#[derive(Debug)]
pub(super) enum Param {
    Data(Data),
    Context,
    /// A `ReplyTo`, and where its colon is.
    Reply(Type, Span),
    Reason,
}

/// An argument that travels in the message.
#[derive(Debug, Clone)]
pub(super) struct Data {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    /// Where the colon between the two is.
    pub(super) colon: Span,
}

impl Method {
    /// Reads `item`; none if it has an error.
    pub(super) fn read(role: Role, item: ImplItemFn, errors: &mut Errors) -> Option<Self> {
        let before = errors.count();
        check_qualifiers(role, &item.sig, errors);
        check_receiver(role, &item.sig, errors);
        if role == Role::Memory {
            check_memory(&item.sig, errors);
        }
        let params = params(role, &item.sig, errors);
        let output = output(role, &item.sig, errors);
        let arrow = match &item.sig.output {
            ReturnType::Type(arrow, _) => arrow.span(),
            ReturnType::Default => item.sig.ident.span(),
        };
        let receiver = receiver(&item.sig).cloned();
        let asynchrony = if item.sig.asyncness.is_some() {
            Asynchrony::Async
        } else {
            Asynchrony::Sync
        };
        (errors.count() == before).then(|| Self {
            cfgs: names::cfgs(&item.attrs),
            carried: item.attrs.into_iter().filter(is_carried).collect(),
            ident: item.sig.ident,
            vis: item.vis,
            asynchrony,
            receiver,
            params,
            output,
            arrow,
        })
    }

    /// The arguments that travel in the message, in order.
    pub(super) fn data(&self) -> impl Iterator<Item = &Data> {
        self.params.iter().filter_map(|param| match param {
            Param::Data(data) => Some(data),
            Param::Context | Param::Reply(..) | Param::Reason => None,
        })
    }

    pub(super) fn reply(&self) -> Option<(&Type, Span)> {
        self.params.iter().find_map(|param| match param {
            Param::Reply(ty, colon) => Some((ty, *colon)),
            Param::Data(_) | Param::Context | Param::Reason => None,
        })
    }
}

fn is_carried(attr: &Attribute) -> bool {
    attr.path().is_ident("doc") || attr.path().is_ident("deprecated")
}

fn check_qualifiers(role: Role, sig: &Signature, errors: &mut Errors) {
    if let Some(constness) = &sig.constness {
        errors.at(
            constness,
            format!("{role} can't be `const`; it runs inside a service"),
        );
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(
            unsafety,
            format!("{role} can't be `unsafe`; any holder of a handle may reach it"),
        );
    }
    if let Some(abi) = &sig.abi {
        errors.at(
            abi,
            format!("{role} can't have an ABI; it is only called from Rust"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(
            variadic,
            format!("{role} can't be variadic; a message has a fixed set of fields"),
        );
    }
    let generic = sig
        .generics
        .params
        .iter()
        .find(|param| !matches!(param, GenericParam::Lifetime(_)));
    if let Some(param) = generic {
        errors.at(
            param,
            format!("{role} can't be generic; make the service generic, or name the type"),
        );
    }
}

fn check_receiver(role: Role, sig: &Signature, errors: &mut Errors) {
    match (role, receiver(sig)) {
        (Role::Init, Some(receiver)) => {
            errors.at(
                receiver,
                "`#[init]` makes the service, so there is no `self` yet; return `Self` instead",
            );
        }
        (Role::Init, None) => {}
        (Role::Memory, Some(receiver)) if !is_shared(receiver) => {
            errors.at(
                receiver,
                "`#[memory]` only looks at the service; write `&self`",
            );
        }
        (_, Some(receiver)) if borrows(receiver) => {}
        (_, Some(receiver)) => {
            errors.at(
                receiver,
                format!("{role} borrows the service; write `&self` or `&mut self`"),
            );
        }
        (_, None) => errors.at(&sig.ident, format!("{role} needs `&self` or `&mut self`")),
    }
}

fn receiver(sig: &Signature) -> Option<&Receiver> {
    sig.inputs.iter().find_map(|input| match input {
        FnArg::Receiver(receiver) => Some(receiver),
        FnArg::Typed(_) => None,
    })
}

fn borrows(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => types::reference_to(ty, "Self").is_some(),
        _ => false,
    }
}

/// `&self`, in any way to write it.
pub(super) fn is_shared(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        ReceiverKind::Typed(_, ty) => {
            types::reference_to(ty, "Self").is_some_and(|reference| reference.mutability.is_none())
        }
        _ => false,
    }
}

fn params(role: Role, sig: &Signature, errors: &mut Errors) -> Vec<Param> {
    let mut params = Vec::new();
    for input in &sig.inputs {
        let FnArg::Typed(input) = input else { continue };
        if let Some(attr) = names::cfgs(&input.attrs).first() {
            errors.at(
                attr,
                "an argument can't come and go; put the `#[cfg]` on the method",
            );
        }
        let mut param = param(role, input, errors);
        if let Some(Param::Data(data)) = &mut param {
            rename_repeated(data, &params);
        }
        if let Some(message) = param
            .as_ref()
            .and_then(|param| surplus(role, param, &params))
        {
            errors.at(input, message);
        } else {
            params.extend(param);
        }
    }
    if role == Role::Info && sig.inputs.iter().all(is_no_message) {
        errors.at(
            &sig.ident,
            "`#[info]` takes the message as its one argument",
        );
    }
    params
}

/// Gives a second argument of one name another one in the message: the compiler reports the two in the method.
fn rename_repeated(data: &mut Data, earlier: &[Param]) {
    let is_taken = |ident: &Ident| {
        earlier
            .iter()
            .any(|param| matches!(param, Param::Data(data) if data.ident == *ident))
    };
    while is_taken(&data.ident) {
        data.ident = names::local(&format!("{}_", data.ident));
    }
}

fn is_no_message(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(_) => true,
        FnArg::Typed(input) => types::reference_to(&input.ty, "Context").is_some(),
    }
}

/// Why `param` is one too many after the params in `earlier`.
fn surplus(role: Role, param: &Param, earlier: &[Param]) -> Option<String> {
    let has = |test: fn(&Param) -> bool| earlier.iter().any(test);
    let message = match param {
        Param::Context if has(|earlier| matches!(earlier, Param::Context)) => {
            "there is one context; remove this argument"
        }
        Param::Reply(..) if has(|earlier| matches!(earlier, Param::Reply(..))) => {
            "a call has one reply; remove this argument"
        }
        Param::Reason if has(|earlier| matches!(earlier, Param::Reason)) => {
            "there is one reason; remove this argument"
        }
        Param::Data(_)
            if role == Role::Info && has(|earlier| matches!(earlier, Param::Data(_))) =>
        {
            "`#[info]` takes the message as its one argument; put more data into the message's type"
        }
        _ => return None,
    };
    Some(message.to_owned())
}

fn param(role: Role, input: &PatType, errors: &mut Errors) -> Option<Param> {
    if role == Role::Memory {
        errors.at(
            input,
            "`#[memory]` takes no arguments; it adds up what the service holds",
        );
        return None;
    }
    if types::reference_to(&input.ty, "Context").is_some() {
        return Some(Param::Context);
    }
    if types::is_context_of_self(&input.ty) {
        errors.at(
            &input.ty,
            "the context belongs to the service's loop; borrow it: `&Context<Self>`",
        );
        return None;
    }
    let no_data = match role {
        Role::Every => "`#[every]` takes no arguments but the context: nobody sends a tick",
        Role::Health => {
            "`#[health]` takes no arguments but the context: a check looks at the service alone"
        }
        Role::AfterInit => {
            "`#[after_init]` takes no arguments but the context; keep what it needs in the service"
        }
        Role::Terminate
            if types::reference_to(&input.ty, "ExitReason")
                .is_some_and(|reference| reference.mutability.is_none()) =>
        {
            return Some(Param::Reason);
        }
        Role::Terminate => "`#[terminate]` takes only the reason, `&ExitReason`, and the context",
        Role::Call
            // Without arguments the compiler has the better words, if it is our `ReplyTo`.
            if types::last_segment(&input.ty).is_some_and(|segment| {
                segment.ident == "ReplyTo" && !segment.arguments.is_none()
            }) =>
        {
            let colon = input.colon_token.span;
            return Some(Param::Reply((*input.ty).clone(), colon));
        }
        Role::Cast if types::last_segment(&input.ty).is_some_and(|segment| {
            segment.ident == "ReplyTo" && !segment.arguments.is_none()
        }) => "nobody waits for a reply to `#[cast]`; make it a `#[call]`",
        Role::Call | Role::Cast | Role::Info | Role::Init | Role::Memory => {
            return data(role, input, errors).map(Param::Data);
        }
    };
    errors.at(input, no_data);
    None
}

fn data(role: Role, input: &PatType, errors: &mut Errors) -> Option<Data> {
    let before = errors.count();
    let flaws = Flaws::of(&input.ty);
    if let Some(borrowed) = flaws.borrowed {
        let message = match role {
            Role::Init => "start arguments outlive the caller; pass an owned value or an `Arc`",
            _ => "a message must own its data; pass an owned value or an `Arc`",
        };
        errors.at(borrowed, message);
    }
    if let Some(impl_trait) = flaws.impl_trait {
        errors.at(
            impl_trait,
            "a message needs a type that can be named; write it out, or put it in a `Box`",
        );
    }
    let ident = match &*input.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        // An info has one argument, and no field: the method may take it apart as it likes.
        _ if role == Role::Info => Some(names::local("info")),
        pat => {
            errors.at(pat, "an argument names a field of the message; write a plain name and take it apart inside");
            None
        }
    };
    let ident = ident.filter(|_| errors.count() == before)?;
    Some(Data {
        ident,
        ty: (*input.ty).clone(),
        colon: input.colon_token.span,
    })
}

fn output(role: Role, sig: &Signature, errors: &mut Errors) -> Option<Type> {
    let ReturnType::Type(_, ty) = &sig.output else {
        if role == Role::Init {
            errors.at(
                &sig.ident,
                "`#[init]` makes the service; return `Self` or a `Result` of it",
            );
        }
        if role == Role::Memory {
            errors.at(
                &sig.ident,
                "`#[memory]` says how many bytes are in use; return `usize` or `u64`",
            );
        }
        return None;
    };
    if role == Role::Call {
        let flaws = Flaws::of(ty);
        if let Some(borrowed) = flaws.borrowed {
            errors.at(
                borrowed,
                "a reply must own its data; return an owned value or an `Arc`",
            );
        }
        if let Some(impl_trait) = flaws.impl_trait {
            errors.at(
                impl_trait,
                "a reply needs a type that can be named; write it out, or put it in a `Box`",
            );
        }
    }
    (!types::is_unit(ty)).then(|| (**ty).clone())
}
