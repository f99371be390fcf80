//! Structs as entities (`remote-datastore.md` 8.2): what `#[derive(Dataclass)]` makes, and how it is used.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::dataclass::Dataclass;
use crate::entity::{Entity, SaveMode};
use crate::query::Query;
use crate::selection::Selection;
use crate::status::Status;
use crate::value::{Key, Value};
use crate::{DataStore, Result};

/// A struct whose fields are attributes of a dataclass. Derive it:
///
/// ```
/// use claviger_client::Dataclass;
///
/// #[derive(Clone, Debug, Dataclass)]
/// struct Book {
///     #[attribute(name = "ID", read_only)]
///     id: Option<i64>,
///     title: String,
///     price: Option<f64>,
///     #[attribute(read_only)]
///     author_name: Option<String>,
/// }
///
/// # use claviger_client::{DataStore, Result, params};
/// # async fn f(ds: DataStore) -> Result<()> {
/// let books = ds.typed::<Book>()?;
/// for mut book in books.entities(books.query("price < :1", params![20]).order_by("title")).await? {
///     book.price = book.price.map(|price| price * 1.1);
///     book.save().await?;
/// }
/// let solaris = books.create(Book { id: None, title: "Solaris".into(), price: Some(12.5), author_name: None }).await?;
/// println!("{:?}", solaris.id);
/// # Ok(()) }
/// ```
pub trait TypedEntity: Sized {
    /// Name of the dataclass.
    const DATACLASS: &'static str;
    /// Attributes that it reads: only these travel.
    const ATTRIBUTES: &'static [&'static str];

    /// Reads its fields.
    ///
    /// # Errors
    /// As [`Entity::get`].
    fn from_entity(entity: &Entity) -> Result<Self>;

    /// Assigns those of its fields that differ.
    ///
    /// # Errors
    /// As [`Entity::set`].
    fn write_to(&self, entity: &mut Entity) -> Result<()>;
}

/// A dataclass whose entities are structs.
pub struct Typed<T> {
    class: Dataclass,
    entities: PhantomData<fn() -> T>,
}

/// A struct together with the entity that it was read from. Change its fields, then [`save`](Self::save).
#[derive(Clone, Debug)]
pub struct Stored<T> {
    entity: Entity,
    value: T,
}

impl DataStore {
    /// The dataclass of a struct.
    ///
    /// # Errors
    /// As [`dataclass`](Self::dataclass).
    pub fn typed<T: TypedEntity>(&self) -> Result<Typed<T>> {
        Ok(Typed { class: self.dataclass(T::DATACLASS)?, entities: PhantomData })
    }
}

impl<T: TypedEntity> Typed<T> {
    /// The dataclass itself.
    pub fn dataclass(&self) -> &Dataclass {
        &self.class
    }

    /// All entities, with the attributes of the struct.
    pub fn all(&self) -> Query {
        self.class.all().select(T::ATTRIBUTES)
    }

    /// Entities that fit, with the attributes of the struct.
    pub fn query(&self, filter: &str, values: Vec<Value>) -> Query {
        self.class.query(filter, values).select(T::ATTRIBUTES)
    }

    /// Reads what a query finds.
    pub async fn entities(&self, query: Query) -> Result<Vec<Stored<T>>> {
        query.await?.typed().await
    }

    /// The entity with a key; none when there is none.
    pub async fn get(&self, key: impl Into<Key> + Send) -> Result<Option<Stored<T>>> {
        self.class.get(key).await?.map(Entity::typed).transpose()
    }

    /// Saves a struct as a new entity.
    ///
    /// # Errors
    /// As [`Entity::save`].
    pub async fn create(&self, value: T) -> Result<Stored<T>> {
        let mut entity = self.class.described().await?.new_entity();
        value.write_to(&mut entity)?;
        entity.save().await?;
        entity.typed()
    }
}

impl Selection {
    /// Its entities as structs.
    pub async fn typed<T: TypedEntity>(&self) -> Result<Vec<Stored<T>>> {
        self.iter().await?.map(Entity::typed).collect()
    }
}

impl Entity {
    /// The entity as a struct.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn typed<T: TypedEntity>(self) -> Result<Stored<T>> {
        let value = T::from_entity(&self)?;
        Ok(Stored { entity: self, value })
    }
}

impl<T: TypedEntity> Stored<T> {
    /// The entity, as it was read.
    pub fn entity(&self) -> &Entity {
        &self.entity
    }

    /// The struct alone.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Saves the fields that differ from what was read; afterwards they are as the server has them.
    pub async fn save(&mut self) -> Result<Status> {
        self.save_with(SaveMode::Check).await
    }

    /// The same, in one of two ways.
    pub async fn save_with(&mut self, mode: SaveMode) -> Result<Status> {
        self.value.write_to(&mut self.entity)?;
        let status = self.entity.save_with(mode).await?;
        if status.success {
            self.value = T::from_entity(&self.entity)?;
        }
        Ok(status)
    }

    /// Deletes the entity, unless it was saved by somebody else meanwhile.
    pub async fn drop(&mut self) -> Result<Status> {
        self.entity.drop().await
    }

    /// Reads the entity again.
    pub async fn reload(&mut self) -> Result<Status> {
        let status = self.entity.reload().await?;
        if status.success {
            self.value = T::from_entity(&self.entity)?;
        }
        Ok(status)
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Stored<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
