//! The impl of `Service`: how it starts, what it does with each message, how it ends.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::handle::alias;
use super::message::never_arm;
use super::{Expansion, allow_deprecated, health};
use crate::duration;
use crate::handlers::method::{Asynchrony, Data, Method, Param};
use crate::handlers::model::{Call, Handler, Init, Kind, Reply};
use crate::names;

// Input:  #[handlers] impl Counter { ... }
// Output: impl Service for Counter { type Handle; type Myself; type Args; type Message; const HANDLERS; const TIMERS; async fn init; ... }
pub(super) fn service(cx: &Expansion<'_>) -> TokenStream {
    let Expansion {
        model,
        private,
        message,
        ty_generics,
        ..
    } = cx;
    let service = &model.service;
    let myself = names::myself(&model.ident);
    let (impl_generics, _, _) = model.generics.split_for_impl();
    let where_clause = &cx.requirements.all;
    let metas = model.handlers.iter().map(|handler| {
        let (cfgs, meta) = (&handler.method.cfgs, cx.meta(handler));
        quote!(#(#cfgs)* #meta)
    });
    let handle_type = alias(model);
    let timers = timers(cx);
    let init = init(cx);
    let handle = handle(cx);
    let after_init = after_init(cx);
    let terminate = terminate(cx);
    let info = info(cx);
    let (checks, memory) = (health::checks(cx), health::memory(cx));
    let allow_deprecated = allow_deprecated(model);
    quote! {
        #allow_deprecated
        #[automatically_derived]
        impl #impl_generics #private::Service for #service #where_clause {
            type Handle = #handle_type;
            type Myself = #myself<Self>;
            type Message = #message #ty_generics;
            const HANDLERS: &'static [#private::HandlerMeta] = &[#(#metas),*];
            #timers
            #init
            #handle
            #after_init
            #terminate
            #info
            #checks
            #memory
        }
    }
}

// Input:  #[every("30s")] fn tick(&mut self)
// Output: const TIMERS: &'static [Timer<CounterMessage>] =
//             &[Timer::new(Duration::from_millis(30000), || CounterMessage::Tick)];
fn timers(cx: &Expansion<'_>) -> Option<TokenStream> {
    let Expansion {
        model,
        private,
        message,
        ty_generics,
        ..
    } = cx;
    let timers: Vec<TokenStream> = model
        .handlers
        .iter()
        .filter_map(|handler| match handler.kind {
            Kind::Every(period) => {
                let (cfgs, variant) = (&handler.method.cfgs, &handler.variant);
                let period = duration::expand(private, period);
                Some(quote!(#(#cfgs)* #private::Timer::new(#period, || #message::#variant)))
            }
            _ => None,
        })
        .collect();
    (!timers.is_empty()).then(|| {
        quote!(const TIMERS: &'static [#private::Timer<#message #ty_generics>] = &[#(#timers),*];)
    })
}

// Input:  #[init] async fn load(path: String) -> Self
// Output: type Args = (String,);
//         async fn init((path,): Self::Args, cx: &mut Context<Self>) -> Initialized<Self> {
//             IntoInit::<Self>::into_init(sendable(<Self>::load(path)).await)
//         }
// Input:  #[init] fn new(start: i64) -> Self
// Output: fn init((start,): Self::Args, cx: &mut Context<Self>) -> Ready<Initialized<Self>> {
//             ready(IntoInit::<Self>::into_init(<Self>::new(start)))
//         }
fn init(cx: &Expansion<'_>) -> TokenStream {
    let Expansion { model, private, .. } = cx;
    let method = match &model.init {
        Init::Method(method) => Some(method),
        Init::Default | Init::Broken => None,
    };
    let data: Vec<&Data> = method
        .into_iter()
        .flat_map(|method| method.data())
        .collect();
    let names = data.iter().map(|data| &data.ident);
    let types = data.iter().map(|data| cx.ty(&data.ty));
    let context = names::local("cx");
    let inputs = quote!((#(#names,)*): Self::Args, #context: &mut #private::Context<Self>);
    let initialized = quote!(#private::Initialized<Self>);
    let into_init = quote!(#private::IntoInit::<Self>::into_init);
    // The compiler has much less to prove of a future that is ready than of one that it makes itself.
    let ready = |made| {
        quote! {
            #[allow(refining_impl_trait, reason = "nobody else names the future")]
            fn init(#inputs) -> #private::Ready<#initialized> {
                #private::ready(#into_init(#made))
            }
        }
    };
    let init = match &model.init {
        Init::Method(method) => {
            let call = invoke(cx, method, None);
            match method.asynchrony {
                Asynchrony::Sync => ready(call),
                Asynchrony::Async => {
                    quote!(async fn init(#inputs) -> #initialized { #into_init(#call) })
                }
            }
        }
        Init::Default => {
            let service = &model.service;
            ready(quote!(<#service as #private::Default>::default()))
        }
        // Not reached: the error of this `#[init]` is reported already.
        Init::Broken => {
            quote!(async fn init(#inputs) -> #initialized { ::core::unreachable!() })
        }
    };
    quote! {
        type Args = (#(#types,)*);
        #init
    }
}

// Input:  #[call] async fn put(&mut self, name: String, cx: &Context<Self>) -> Result<u64, PutError>
// Output: sendable(<Self>::put(self, name, cx)).await
pub(super) fn invoke(cx: &Expansion<'_>, method: &Method, reply: Option<&Ident>) -> TokenStream {
    let (context, reason) = (names::local("cx"), names::local("reason"));
    let args = method.params.iter().map(|param| match param {
        Param::Data(data) => {
            let ident = &data.ident;
            quote!(#ident)
        }
        Param::Context => quote!(#context),
        Param::Reply(..) => quote!(#reply.defer()),
        Param::Reason => quote!(#reason),
    });
    let receiver = method.receiver.as_ref().map(|_| quote!(self,));
    // From its first to its last token the call lies on the return type, or else on the method's name, so that what
    // can't be returned, or awaited, is reported there. Only punctuation moves: an editor would look up an identifier
    // of ours that stood there.
    let (first, last) = place(method);
    let open = quote_spanned!(first=> <);
    let parenthesized = |tokens| {
        let mut group = Group::new(Delimiter::Parenthesis, tokens);
        group.set_span(last);
        group
    };
    let args = parenthesized(quote!(#receiver #(#args),*));
    let (ident, private) = (&method.ident, &cx.private);
    let call = quote!(#open Self>::#ident #args);
    match method.asynchrony {
        Asynchrony::Sync => call,
        Asynchrony::Async => {
            let sent = parenthesized(call);
            let awaited = quote_spanned!(last=> .await);
            quote!(#private::sendable #sent #awaited)
        }
    }
}

/// Where the return type or the name begins and ends, for tokens that resolve as ours.
fn place(method: &Method) -> (Span, Span) {
    let ours = Span::call_site();
    let (first, last) = names::ends(&method.output)
        .or_else(|| names::ends(&method.ident))
        .unwrap_or((ours, ours));
    (ours.located_at(first), ours.located_at(last))
}

// Input:  #[call] fn add(..) -> i64    #[cast] fn note(..)    #[cast] async fn flush(..)
// Output: #[inline]
//         fn handle_now(&mut self, message: Self::Message, cx: &mut Context<Self>) -> Option<Self::Message> {
//             match message {
//                 CounterMessage::Add(by, reply) => reply.answer(<Self>::add(self, by)),
//                 CounterMessage::Take(by, reply) => Handled::call(<Self>::take(self, by)).answer(reply, cx),
//                 CounterMessage::Note(text) => { <Self>::note(self, text) }
//                 message => return Some(message),
//             }
//             None
//         }
//         async fn handle(&mut self, message: Self::Message, cx: &mut Context<Self>) {
//             match message {
//                 CounterMessage::Flush => { sendable(<Self>::flush(self)).await }
//                 message => { Self::handle_now(self, message, cx); }
//             }
//         }
fn handle(cx: &Expansion<'_>) -> TokenStream {
    let Expansion {
        model,
        private,
        message,
        ..
    } = cx;
    let (now, awaited): (Vec<&Handler>, Vec<&Handler>) =
        model.handlers.iter().partition(|handler| !handler.awaits());
    let (taken, context) = (names::local("message"), names::local("cx"));
    let at_once = quote!(<Self as #private::Service>::handle_now(self, #taken, #context));
    let (arms, awaited_arms) = (
        now.iter().map(|handler| arm(cx, handler)),
        awaited.iter().map(|handler| arm(cx, handler)),
    );
    let marker = never_arm(cx, &quote!(#message));
    // What a `#[cfg]` leaves of the handlers may all be of one kind.
    let reachable = model.handlers.iter().any(|handler| !handler.method.cfgs.is_empty()).then(
        || quote!(#[allow(unreachable_patterns, unreachable_code, reason = "a `#[cfg]` may leave nothing before it")]),
    );
    let handle_now = (!now.is_empty()).then(|| {
        let others =
            (!awaited.is_empty()).then(|| quote!(#taken => return #private::Option::Some(#taken),));
        quote! {
            #reachable
            #[inline]
            fn handle_now(
                &mut self,
                #taken: Self::Message,
                #context: &mut #private::Context<Self>,
            ) -> #private::Option<Self::Message> {
                match #taken {
                    #(#arms)*
                    #marker
                    #others
                }
                #private::Option::None
            }
        }
    });
    let body = match (now.is_empty(), awaited.is_empty()) {
        (false, true) => quote!({ #at_once; }),
        (false, false) => quote!({ match #taken { #(#awaited_arms)* #taken => { #at_once; } } }),
        (true, _) => quote!({ match #taken { #(#awaited_arms)* #marker } }),
    };
    quote! {
        #handle_now
        #reachable
        async fn handle(&mut self, #taken: Self::Message, #context: &mut #private::Context<Self>) #body
    }
}

fn arm(cx: &Expansion<'_>, handler: &Handler) -> TokenStream {
    let message = &cx.message;
    let Handler {
        method,
        variant,
        kind,
    } = handler;
    let cfgs = &method.cfgs;
    let fields = method.data().map(|data| &data.ident);
    let (pattern, body) = match kind {
        Kind::Call(call) => {
            let reply = names::local("reply");
            (
                quote!((#(#fields,)* #reply)),
                answer(cx, call, method, &reply),
            )
        }
        Kind::Info(data) => {
            let ident = &data.ident;
            (quote!((#ident)), done(cx, method))
        }
        Kind::Cast if method.data().next().is_some() => (quote!((#(#fields),*)), done(cx, method)),
        Kind::Cast | Kind::Every(_) => (TokenStream::new(), done(cx, method)),
    };
    quote!(#(#cfgs)* #message::#variant #pattern => #body)
}

fn answer(cx: &Expansion<'_>, call: &Call, method: &Method, reply: &Ident) -> TokenStream {
    let (private, context) = (&cx.private, names::local("cx"));
    let invoked = invoke(cx, method, Some(reply));
    match &call.reply {
        Reply::Plain(_) => quote!(#reply.answer(#invoked),),
        Reply::Flat(_) => quote!(#private::Handled::call(#invoked).answer(#reply, #context),),
        Reply::Later(_) => quote!(#invoked,),
    }
}

// Input:  #[cast] fn note(&mut self, text: String)   #[cast] fn enter(&mut self) -> Result<(), E>
// Output: { <Self>::note(self, text) }               { Handled::message(<Self>::enter(self), cx).done(cx) }
fn done(cx: &Expansion<'_>, method: &Method) -> TokenStream {
    let (private, context) = (&cx.private, names::local("cx"));
    let invoked = invoke(cx, method, None);
    match &method.output {
        None => quote!({ #invoked }),
        Some(_) => quote!({ #private::Handled::message(#invoked, #context).done(#context) }),
    }
}

// Input:  #[after_init] async fn warm_up(&mut self)
// Output: async fn after_init(&mut self, cx: &mut Context<Self>) -> Continue {
//             IntoContinue::into_continue(sendable(<Self>::warm_up(self)).await)
//         }
fn after_init(cx: &Expansion<'_>) -> Option<TokenStream> {
    let private = &cx.private;
    let method = cx.model.after_init.as_ref()?;
    let (cfgs, call, context) = (&method.cfgs, invoke(cx, method, None), names::local("cx"));
    Some(quote! {
        #(#cfgs)*
        async fn after_init(&mut self, #context: &mut #private::Context<Self>) -> #private::Continue {
            #private::IntoContinue::into_continue(#call)
        }
    })
}

// Input:  #[terminate] async fn close(&mut self, reason: &ExitReason)
// Output: async fn terminate(&mut self, reason: &ExitReason, cx: &mut Context<Self>) { ... }
fn terminate(cx: &Expansion<'_>) -> Option<TokenStream> {
    let private = &cx.private;
    let method = cx.model.terminate.as_ref()?;
    let (cfgs, body) = (&method.cfgs, done(cx, method));
    let (reason, context) = (names::local("reason"), names::local("cx"));
    Some(quote! {
        #(#cfgs)*
        async fn terminate(
            &mut self,
            #reason: &#private::ExitReason,
            #context: &mut #private::Context<Self>,
        ) #body
    })
}

// Input:  #[info] fn down(&mut self, down: Down)    #[cfg(x)] #[info] fn other(&mut self, other: Other)
// Output: fn info(info: AnyInfo) -> Result<Self::Message, AnyInfo> {
//             let offered = Result::Err(info);
//             let offered = Result::or_else(offered, |info| AnyInfo::offer(info, CounterMessage::Down));
//             #[cfg(x)] let offered = ...;
//             offered
//         }
fn info(cx: &Expansion<'_>) -> Option<TokenStream> {
    let Expansion {
        model,
        private,
        message,
        ..
    } = cx;
    let (info, offered) = (names::local("info"), names::local("offered"));
    let offers: Vec<TokenStream> = model
        .handlers
        .iter()
        .filter(|handler| matches!(handler.kind, Kind::Info(_)))
        .map(|handler| {
            let (cfgs, variant) = (&handler.method.cfgs, &handler.variant);
            quote! {
                #(#cfgs)*
                let #offered = #private::Result::or_else(
                    #offered,
                    |#info| #private::AnyInfo::offer(#info, #message::#variant),
                );
            }
        })
        .collect();
    // One statement each, not one chain of calls: a `#[cfg]` can stand on a statement.
    (!offers.is_empty()).then(|| {
        quote! {
            fn info(
                #info: #private::AnyInfo,
            ) -> #private::Result<Self::Message, #private::AnyInfo> {
                let #offered = #private::Result::Err(#info);
                #(#offers)*
                #offered
            }
        }
    })
}

// Input:  #[info] fn down(&mut self, down: Down)
// Output: impl Accepts<Down> for Counter { fn message(info: Down) -> CounterMessage { CounterMessage::Down(info) } }
pub(super) fn accepts(cx: &Expansion<'_>) -> Vec<TokenStream> {
    let Expansion {
        model,
        private,
        message,
        ty_generics,
        ..
    } = cx;
    let service = &model.service;
    let (impl_generics, _, _) = model.generics.split_for_impl();
    let where_clause = &cx.requirements.all;
    let info = names::local("info");
    let accepts = model.handlers.iter().filter_map(|handler| {
        let Kind::Info(data) = &handler.kind else {
            return None;
        };
        let (cfgs, variant, ty) = (&handler.method.cfgs, &handler.variant, cx.ty(&data.ty));
        Some(quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #impl_generics #private::Accepts<#ty> for #service #where_clause {
                fn message(#info: #ty) -> #message #ty_generics {
                    #message::#variant(#info)
                }
            }
        })
    });
    accepts.collect()
}
