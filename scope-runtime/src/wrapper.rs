//! Typed clients: types around a handle, which have methods of their own.

/// Gives a type around a [`Handle`](crate::Handle) or a [`Myself`](crate::Myself) all that is the
/// same for every service: `Clone`, `Debug`, `Deref` to what is inside, and `From` a handle.
///
/// `#[service]` writes it for the two types beside a service. The brackets hold generics and a
/// `where` clause, or nothing.
///
/// # Examples
/// ```
/// use scope_runtime::{Call, Handle, Service, wrapper};
///
/// struct Client<S: Service>(Handle<S>);
///
/// wrapper!([<S: Service>] Client<S> = Handle, S, []);
///
/// fn twice<S: Service>(handle: Handle<S>) -> (Client<S>, Client<S>) {
///     let client = Client::from(handle);
///     (client.clone(), client)
/// }
/// ```
#[macro_export]
macro_rules! wrapper {
    ([$($generics:tt)*] $wrapper:ty = $inner:ident, $service:ty, [$($clause:tt)*]) => {
        #[automatically_derived]
        impl $($generics)* ::core::clone::Clone for $wrapper $($clause)* {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }

        #[automatically_derived]
        impl $($generics)* ::core::fmt::Debug for $wrapper $($clause)* {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, formatter)
            }
        }

        #[automatically_derived]
        impl $($generics)* ::core::ops::Deref for $wrapper $($clause)* {
            type Target = $crate::$inner<$service>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        #[automatically_derived]
        impl $($generics)* ::core::convert::From<$crate::Handle<$service>> for $wrapper $($clause)* {
            fn from(handle: $crate::Handle<$service>) -> Self {
                Self(::core::convert::From::from(handle))
            }
        }
    };
}

/// The methods that a service has in place of calls of itself, on what it sends to itself through: nobody would answer
/// while it waits, so to use one is an error, which says that.
///
/// `#[handlers]` writes it, with the name, the arguments and the answer of each call.
///
/// # Examples
/// ```
/// use scope_runtime::{Call, Myself, Service, no_calls};
///
/// struct Client<S>(Myself<S>);
///
/// impl<S: Service> Client<S> {
///     no_calls!(S: pub fn add(i64) -> Call<S, i64>; pub fn total() -> Call<S, i64>;);
/// }
/// ```
#[macro_export]
macro_rules! no_calls {
    ($service:ty: $($(#[$attr:meta])* $vis:vis fn $name:ident($($ty:ty),*) -> $output:ty;)*) => {
        $(
            $(#[$attr])*
            #[doc(hidden)]
            $vis fn $name(&self $(, _: $ty)*) -> $output
            where
                // False for all lifetimes, it is an error where the method is called and not here.
                for<'a> $service: $crate::WaitsForItself<'a>,
            {
                ::core::unreachable!()
            }
        )*
    };
}
