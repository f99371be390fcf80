// Made by `claviger client types --lang ts`: what one API key reaches of the datastore 'conformance'.
// Make it anew when the model or the rights of the key have changed.
import type * as claviger from "claviger-client";

/** What `openDatastore<Model>(…)` gives. */
export type Datastore = claviger.DatastoreOf<Model>;

/** The dataclasses and functions of the datastore. */
export interface Model {
  readonly $datastore: {
    fail(...values: unknown[]): claviger.Call;
    hello(...values: unknown[]): claviger.Call;
    nothing(...values: unknown[]): claviger.Call;
    page(...values: unknown[]): claviger.Call;
    stats(...values: unknown[]): claviger.Call;
  };
  readonly Country: CountryModel;
  readonly Author: AuthorModel;
  readonly Book: BookModel;
  readonly Entry: EntryModel;
}

/** An entity of Country. */
export type Country = claviger.EntityOf<CountryModel>;
/** Entities of Country. */
export type CountrySelection = claviger.SelectionOf<CountryModel>;
/** The dataclass Country. */
export type CountryClass = claviger.DataclassOf<CountryModel>;
/** Country, key code: members of entities, of selections, and of the dataclass. */
export interface CountryModel {
  $entity: {
    /** string, key */
    code: string;
    /** string */
    name: string;
    /** AuthorSelection */
    readonly authors: claviger.Coming<claviger.SelectionOf<AuthorModel>>;
  };
  $selection: {
    readonly code: claviger.Coming<globalThis.Array<string>>;
    readonly name: claviger.Coming<globalThis.Array<string>>;
    readonly authors: claviger.Coming<claviger.SelectionOf<AuthorModel>>;
  };
  $dataclass: {
    readonly code: claviger.AttributeInfo;
    readonly name: claviger.AttributeInfo;
    readonly authors: claviger.AttributeInfo;
  };
}

/** An entity of Author. */
export type Author = claviger.EntityOf<AuthorModel>;
/** Entities of Author. */
export type AuthorSelection = claviger.SelectionOf<AuthorModel>;
/** The dataclass Author. */
export type AuthorClass = claviger.DataclassOf<AuthorModel>;
/** Author, key ID: members of entities, of selections, and of the dataclass. */
export interface AuthorModel {
  $entity: {
    /** long, key, numbered by the server */
    readonly ID: number;
    /** string */
    fullName: string;
    /** bool */
    active: boolean | null;
    /** string */
    countryCode: string | null;
    /** Country */
    get country(): claviger.RelatedEntity<CountryModel> | null;
    set country(value: claviger.EntityOf<CountryModel> | claviger.RelatedEntity<CountryModel> | string | number | bigint | null);
    /** BookSelection */
    readonly books: claviger.Coming<claviger.SelectionOf<BookModel>>;
  };
  $selection: {
    readonly ID: claviger.Coming<globalThis.Array<number>>;
    readonly fullName: claviger.Coming<globalThis.Array<string>>;
    readonly active: claviger.Coming<globalThis.Array<boolean | null>>;
    readonly countryCode: claviger.Coming<globalThis.Array<string | null>>;
    readonly country: claviger.Coming<claviger.SelectionOf<CountryModel>>;
    readonly books: claviger.Coming<claviger.SelectionOf<BookModel>>;
  };
  $dataclass: {
    readonly ID: claviger.AttributeInfo;
    readonly fullName: claviger.AttributeInfo;
    readonly active: claviger.AttributeInfo;
    readonly countryCode: claviger.AttributeInfo;
    readonly country: claviger.AttributeInfo;
    readonly books: claviger.AttributeInfo;
  };
}

/** An entity of Book. */
export type Book = claviger.EntityOf<BookModel>;
/** Entities of Book. */
export type BookSelection = claviger.SelectionOf<BookModel>;
/** The dataclass Book. */
export type BookClass = claviger.DataclassOf<BookModel>;
/** Book, key ID: members of entities, of selections, and of the dataclass. */
export interface BookModel {
  $entity: {
    /** long, key, numbered by the server */
    readonly ID: number;
    /** string, unique */
    isbn: string | null;
    /** string */
    title: string;
    /** number */
    price: number | null;
    /** long64 */
    views: number | bigint | null;
    /** date */
    published: claviger.SimpleDate | null;
    /** date */
    addedAt: globalThis.Date | null;
    /** duration */
    playTime: claviger.Duration | null;
    /** object */
    details: claviger.JsonObject | null;
    /** blob */
    get sample(): claviger.Media | null;
    set sample(value: claviger.Media | claviger.Upload | globalThis.Uint8Array | globalThis.Blob | null);
    /** image */
    get cover(): claviger.Media | null;
    set cover(value: claviger.Media | claviger.Upload | globalThis.Uint8Array | globalThis.Blob | null);
    /** long */
    authorID: number | null;
    /** Author */
    get author(): claviger.RelatedEntity<AuthorModel> | null;
    set author(value: claviger.EntityOf<AuthorModel> | claviger.RelatedEntity<AuthorModel> | string | number | bigint | null);
    /** string, alias of author.fullName */
    readonly authorName: string | null;
    /** string, calculated */
    readonly label: string | null;
    lendTo(...values: unknown[]): claviger.Call;
    olderThan(...values: unknown[]): claviger.Call;
    retitle(...values: unknown[]): claviger.Call;
  };
  $selection: {
    readonly ID: claviger.Coming<globalThis.Array<number>>;
    readonly isbn: claviger.Coming<globalThis.Array<string | null>>;
    readonly title: claviger.Coming<globalThis.Array<string>>;
    readonly price: claviger.Coming<globalThis.Array<number | null>>;
    readonly views: claviger.Coming<globalThis.Array<number | bigint | null>>;
    readonly published: claviger.Coming<globalThis.Array<claviger.SimpleDate | null>>;
    readonly addedAt: claviger.Coming<globalThis.Array<globalThis.Date | null>>;
    readonly playTime: claviger.Coming<globalThis.Array<claviger.Duration | null>>;
    readonly details: claviger.Coming<globalThis.Array<claviger.JsonObject | null>>;
    readonly sample: claviger.Coming<globalThis.Array<claviger.Media | null>>;
    readonly cover: claviger.Coming<globalThis.Array<claviger.Media | null>>;
    readonly authorID: claviger.Coming<globalThis.Array<number | null>>;
    readonly author: claviger.Coming<claviger.SelectionOf<AuthorModel>>;
    readonly authorName: claviger.Coming<globalThis.Array<string | null>>;
    readonly label: claviger.Coming<globalThis.Array<string | null>>;
    titles(...values: unknown[]): claviger.Call;
    total(...values: unknown[]): claviger.Call;
  };
  $dataclass: {
    readonly ID: claviger.AttributeInfo;
    readonly isbn: claviger.AttributeInfo;
    readonly title: claviger.AttributeInfo;
    readonly price: claviger.AttributeInfo;
    readonly views: claviger.AttributeInfo;
    readonly published: claviger.AttributeInfo;
    readonly addedAt: claviger.AttributeInfo;
    readonly playTime: claviger.AttributeInfo;
    readonly details: claviger.AttributeInfo;
    readonly sample: claviger.AttributeInfo;
    readonly cover: claviger.AttributeInfo;
    readonly authorID: claviger.AttributeInfo;
    readonly author: claviger.AttributeInfo;
    readonly authorName: claviger.AttributeInfo;
    readonly label: claviger.AttributeInfo;
    cheapest(...values: unknown[]): claviger.Call;
    create(...values: unknown[]): claviger.Call;
    same(...values: unknown[]): claviger.Call;
  };
}

/** An entity of Entry. */
export type Entry = claviger.EntityOf<EntryModel>;
/** Entities of Entry. */
export type EntrySelection = claviger.SelectionOf<EntryModel>;
/** The dataclass Entry. */
export type EntryClass = claviger.DataclassOf<EntryModel>;
/** Entry, key ID: members of entities, of selections, and of the dataclass. */
export interface EntryModel {
  $entity: {
    /** long, key, numbered by the server */
    readonly ID: number;
    /** string */
    text: string | null;
    /** long */
    size: number | null;
  };
  $selection: {
    readonly ID: claviger.Coming<globalThis.Array<number>>;
    readonly text: claviger.Coming<globalThis.Array<string | null>>;
    readonly size: claviger.Coming<globalThis.Array<number | null>>;
  };
  $dataclass: {
    readonly ID: claviger.AttributeInfo;
    readonly text: claviger.AttributeInfo;
    readonly size: claviger.AttributeInfo;
    draft(...values: unknown[]): claviger.Call;
    large(...values: unknown[]): claviger.Call;
  };
}
