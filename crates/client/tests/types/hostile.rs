// Made by `claviger client types --lang rust`: what one API key reaches of the datastore 'x*∕'''''${1}∖ };evil();//�  #{}'.
// Make it anew when the model or the rights of the key have changed. It needs the crate `claviger-client` only.

// A program uses its part.
#![allow(dead_code)]

/// An entity of x*∕'''''${1}∖ };evil();//�  #{}, key x*∕'''''${1}∖ };evil();//�  #{}.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}")]
pub struct xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d {
    /// string
    #[attribute(name = "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}")]
    pub xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d: ::std::string::String,
    /// x*∕'''''${1}∖ };evil();//�  #{}
    #[attribute(name = "kind")]
    pub kind: ::core::option::Option<::claviger_client::serde_json::Value>,
    /// x*∕'''''${1}∖ };evil();//�  #{}
    #[attribute(name = "wicked")]
    pub wicked: ::core::option::Option<::claviger_client::Key>,
}

/// Relations and functions of entities of x*∕'''''${1}∖ };evil();//�  #{}.
#[allow(non_camel_case_types, non_snake_case)]
pub trait xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dMembers {
    /// wicked: x*∕'''''${1}∖ };evil();//�  #{}
    fn wicked(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::core::option::Option<::claviger_client::Stored<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d>>>> + ::core::marker::Send;
}

impl xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dMembers for ::claviger_client::Stored<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d> {
    async fn wicked(&self) -> ::claviger_client::Result<::core::option::Option<::claviger_client::Stored<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d>>> {
        self.entity().related("wicked").await?.map(::claviger_client::Entity::typed).transpose()
    }
}

/// An entity of class, key type.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "class")]
pub struct class {
    /// string, key
    #[attribute(name = "type")]
    pub r#type: ::std::string::String,
    /// long
    #[attribute(name = "self")]
    pub self_: ::core::option::Option<::core::primitive::i64>,
    /// bool
    #[attribute(name = "None")]
    pub none: ::core::option::Option<::core::primitive::bool>,
    /// date
    #[attribute(name = "property")]
    pub property: ::core::option::Option<::claviger_client::jiff::civil::Date>,
    /// string
    #[attribute(name = "save")]
    pub save: ::core::option::Option<::std::string::String>,
    /// string
    #[attribute(name = "key")]
    pub key: ::core::option::Option<::std::string::String>,
    /// string
    #[attribute(name = "constructor")]
    pub constructor: ::core::option::Option<::std::string::String>,
    /// string
    #[attribute(name = "then")]
    pub then: ::core::option::Option<::std::string::String>,
    /// string
    #[attribute(name = "fullName")]
    pub full_name: ::core::option::Option<::std::string::String>,
    /// string
    #[attribute(name = "full_name")]
    pub full_name_2: ::core::option::Option<::std::string::String>,
    /// image
    #[attribute(name = "int", read_only)]
    pub int: ::core::option::Option<::claviger_client::Media>,
    /// string
    #[attribute(name = "__proto__")]
    pub x__proto__: ::core::option::Option<::std::string::String>,
    /// number
    #[attribute(name = "Société 2")]
    pub société_2: ::core::option::Option<::core::primitive::f64>,
    /// long64
    #[attribute(name = "2nd")]
    pub x2nd: ::core::option::Option<::core::primitive::i64>,
    /// long64
    #[attribute(name = "")]
    pub x: ::core::option::Option<::core::primitive::i64>,
    /// duration
    #[attribute(name = "日本")]
    pub u65e5u672c: ::core::option::Option<::claviger_client::jiff::SignedDuration>,
}

/// Relations and functions of entities of class.
#[allow(non_camel_case_types, non_snake_case)]
pub trait classMembers {
    /// others: OptionSelection
    fn others(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::claviger_client::Selection>> + ::core::marker::Send;
    /// The function 'fn'.
    fn r#fn(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl classMembers for ::claviger_client::Stored<class> {
    async fn others(&self) -> ::claviger_client::Result<::claviger_client::Selection> {
        self.entity().related_selection("others").await
    }
    fn r#fn(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.entity().call("fn", arguments)
    }
}

/// Functions of the dataclass class.
#[allow(non_camel_case_types, non_snake_case)]
pub trait classClassMembers {
    /// The function 'lambda'.
    fn lambda(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl classClassMembers for ::claviger_client::Typed<class> {
    fn lambda(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.dataclass().call("lambda", arguments)
    }
}

/// An entity of Option, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Option")]
pub struct Option {
    /// class, alias of x
    #[attribute(name = "Vec", read_only)]
    pub vec: ::core::option::Option<::claviger_client::serde_json::Value>,
    /// Nowhere
    #[attribute(name = "lost")]
    pub lost: ::core::option::Option<::claviger_client::Key>,
}

/// Relations and functions of entities of Option.
#[allow(non_camel_case_types, non_snake_case)]
pub trait OptionMembers {
    /// lost: Nowhere
    fn lost(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::core::option::Option<::claviger_client::Entity>>> + ::core::marker::Send;
}

impl OptionMembers for ::claviger_client::Stored<Option> {
    async fn lost(&self) -> ::claviger_client::Result<::core::option::Option<::claviger_client::Entity>> {
        self.entity().related("lost").await
    }
}

/// An entity of OptionSelection, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "OptionSelection")]
pub struct OptionSelection_2 {
}

/// An entity of Date, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Date")]
pub struct Date {
    /// date
    #[attribute(name = "Date")]
    pub date: ::core::option::Option<::claviger_client::jiff::Timestamp>,
}

/// An entity of String, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "String")]
pub struct String {
    /// object
    #[attribute(name = "String")]
    pub string: ::core::option::Option<::claviger_client::serde_json::Value>,
}

/// An entity of Model, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Model")]
pub struct Model {
    /// blob
    #[attribute(name = "blob", read_only)]
    pub blob: ::core::option::Option<::claviger_client::Media>,
}

/// An entity of close, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "close")]
pub struct close {
}

/// An entity of Datastore, without key.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Datastore")]
pub struct Datastore {
    /// uuid
    #[attribute(name = "Self")]
    pub self_: ::core::option::Option<::std::string::String>,
}

/// Functions of the datastore 'x*∕'''''${1}∖ };evil();//�  #{}'.
#[allow(non_camel_case_types, non_snake_case)]
pub trait DatastoreFunctions {
    /// The function 'x*∕'''''${1}∖ };evil();//�  #{}'.
    fn xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'close'.
    fn close(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'class'.
    fn class(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl DatastoreFunctions for ::claviger_client::DataStore {
    fn xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}", arguments)
    }
    fn close(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("close", arguments)
    }
    fn class(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("class", arguments)
    }
}
