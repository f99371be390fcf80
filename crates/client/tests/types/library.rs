// Made by `claviger client types --lang rust`: what one API key reaches of the datastore 'conformance'.
// Make it anew when the model or the rights of the key have changed. It needs the crate `claviger-client` only.

// A program uses its part.
#![allow(dead_code)]

/// An entity of Country, key code.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Country")]
pub struct Country {
    /// string, key
    #[attribute(name = "code")]
    pub code: ::std::string::String,
    /// string
    #[attribute(name = "name")]
    pub name: ::std::string::String,
}

/// Relations and functions of entities of Country.
#[allow(non_camel_case_types, non_snake_case)]
pub trait CountryMembers {
    /// authors: AuthorSelection
    fn authors(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::claviger_client::Selection>> + ::core::marker::Send;
}

impl CountryMembers for ::claviger_client::Stored<Country> {
    async fn authors(&self) -> ::claviger_client::Result<::claviger_client::Selection> {
        self.entity().related_selection("authors").await
    }
}

/// An entity of Author, key ID.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Author")]
pub struct Author {
    /// long, key, numbered by the server
    #[attribute(name = "ID", read_only)]
    pub id: ::core::option::Option<::core::primitive::i64>,
    /// string
    #[attribute(name = "fullName")]
    pub full_name: ::std::string::String,
    /// bool
    #[attribute(name = "active")]
    pub active: ::core::option::Option<::core::primitive::bool>,
    /// string
    #[attribute(name = "countryCode")]
    pub country_code: ::core::option::Option<::std::string::String>,
    /// Country
    #[attribute(name = "country")]
    pub country: ::core::option::Option<::claviger_client::Key>,
}

/// Relations and functions of entities of Author.
#[allow(non_camel_case_types, non_snake_case)]
pub trait AuthorMembers {
    /// country: Country
    fn country(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::core::option::Option<::claviger_client::Stored<Country>>>> + ::core::marker::Send;
    /// books: BookSelection
    fn books(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::claviger_client::Selection>> + ::core::marker::Send;
}

impl AuthorMembers for ::claviger_client::Stored<Author> {
    async fn country(&self) -> ::claviger_client::Result<::core::option::Option<::claviger_client::Stored<Country>>> {
        self.entity().related("country").await?.map(::claviger_client::Entity::typed).transpose()
    }
    async fn books(&self) -> ::claviger_client::Result<::claviger_client::Selection> {
        self.entity().related_selection("books").await
    }
}

/// An entity of Book, key ID.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Book")]
pub struct Book {
    /// long, key, numbered by the server
    #[attribute(name = "ID", read_only)]
    pub id: ::core::option::Option<::core::primitive::i64>,
    /// string, unique
    #[attribute(name = "isbn")]
    pub isbn: ::core::option::Option<::std::string::String>,
    /// string
    #[attribute(name = "title")]
    pub title: ::std::string::String,
    /// number
    #[attribute(name = "price")]
    pub price: ::core::option::Option<::core::primitive::f64>,
    /// long64
    #[attribute(name = "views")]
    pub views: ::core::option::Option<::core::primitive::i64>,
    /// date
    #[attribute(name = "published")]
    pub published: ::core::option::Option<::claviger_client::jiff::civil::Date>,
    /// date
    #[attribute(name = "addedAt")]
    pub added_at: ::core::option::Option<::claviger_client::jiff::Timestamp>,
    /// duration
    #[attribute(name = "playTime")]
    pub play_time: ::core::option::Option<::claviger_client::jiff::SignedDuration>,
    /// object
    #[attribute(name = "details")]
    pub details: ::core::option::Option<::claviger_client::serde_json::Value>,
    /// blob
    #[attribute(name = "sample", read_only)]
    pub sample: ::core::option::Option<::claviger_client::Media>,
    /// image
    #[attribute(name = "cover", read_only)]
    pub cover: ::core::option::Option<::claviger_client::Media>,
    /// long
    #[attribute(name = "authorID")]
    pub author_id: ::core::option::Option<::core::primitive::i64>,
    /// Author
    #[attribute(name = "author")]
    pub author: ::core::option::Option<::claviger_client::Key>,
    /// string, alias of author.fullName
    #[attribute(name = "authorName", read_only)]
    pub author_name: ::core::option::Option<::std::string::String>,
    /// string, calculated
    #[attribute(name = "label", read_only)]
    pub label: ::core::option::Option<::std::string::String>,
}

/// Relations and functions of entities of Book.
#[allow(non_camel_case_types, non_snake_case)]
pub trait BookMembers {
    /// author: Author
    fn author(&self) -> impl ::core::future::Future<Output = ::claviger_client::Result<::core::option::Option<::claviger_client::Stored<Author>>>> + ::core::marker::Send;
    /// The function 'lendTo'.
    fn lend_to(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'olderThan'.
    fn older_than(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'retitle'.
    fn retitle(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl BookMembers for ::claviger_client::Stored<Book> {
    async fn author(&self) -> ::claviger_client::Result<::core::option::Option<::claviger_client::Stored<Author>>> {
        self.entity().related("author").await?.map(::claviger_client::Entity::typed).transpose()
    }
    fn lend_to(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.entity().call("lendTo", arguments)
    }
    fn older_than(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.entity().call("olderThan", arguments)
    }
    fn retitle(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.entity().call("retitle", arguments)
    }
}

/// Functions of selections of Book.
#[allow(non_camel_case_types, non_snake_case)]
pub trait BookSelectionMembers {
    /// The function 'titles'.
    fn titles(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'total'.
    fn total(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl BookSelectionMembers for ::claviger_client::Selection {
    fn titles(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("titles", arguments)
    }
    fn total(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("total", arguments)
    }
}

/// Functions of the dataclass Book.
#[allow(non_camel_case_types, non_snake_case)]
pub trait BookClassMembers {
    /// The function 'cheapest'.
    fn cheapest(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'create'.
    fn create(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'same'.
    fn same(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl BookClassMembers for ::claviger_client::Typed<Book> {
    fn cheapest(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.dataclass().call("cheapest", arguments)
    }
    fn create(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.dataclass().call("create", arguments)
    }
    fn same(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.dataclass().call("same", arguments)
    }
}

/// An entity of Entry, key ID.
#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]
#[dataclass(name = "Entry")]
pub struct Entry {
    /// long, key, numbered by the server
    #[attribute(name = "ID", read_only)]
    pub id: ::core::option::Option<::core::primitive::i64>,
    /// string
    #[attribute(name = "text")]
    pub text: ::core::option::Option<::std::string::String>,
    /// long
    #[attribute(name = "size")]
    pub size: ::core::option::Option<::core::primitive::i64>,
}

/// Functions of the dataclass Entry.
#[allow(non_camel_case_types, non_snake_case)]
pub trait EntryClassMembers {
    /// The function 'draft'.
    fn draft(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'large'.
    fn large(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl EntryClassMembers for ::claviger_client::Typed<Entry> {
    fn draft(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.dataclass().call("draft", arguments)
    }
    fn large(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.dataclass().call("large", arguments)
    }
}

/// Functions of the datastore 'conformance'.
#[allow(non_camel_case_types, non_snake_case)]
pub trait DatastoreFunctions {
    /// The function 'fail'.
    fn fail(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'hello'.
    fn hello(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'nothing'.
    fn nothing(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'page'.
    fn page(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
    /// The function 'stats'.
    fn stats(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call;
}

impl DatastoreFunctions for ::claviger_client::DataStore {
    fn fail(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("fail", arguments)
    }
    fn hello(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("hello", arguments)
    }
    fn nothing(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("nothing", arguments)
    }
    fn page(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("page", arguments)
    }
    fn stats(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call {
        self.call("stats", arguments)
    }
}
