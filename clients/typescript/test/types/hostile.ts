// Made by `claviger client types --lang ts`: what one API key reaches of the datastore 'x*∕'''''${1}∖ };evil();//�  #{}'.
// Make it anew when the model or the rights of the key have changed.
import type * as claviger from "claviger-client";

/** What `openDatastore<Model>(…)` gives. */
export type Datastore = claviger.DatastoreOf<Model>;

/** The dataclasses and functions of the datastore. */
export interface Model {
  readonly $datastore: {
    "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}"(...values: unknown[]): claviger.Call;
    close(...values: unknown[]): claviger.Call;
    class(...values: unknown[]): claviger.Call;
  };
  readonly "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}": xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel;
  readonly class: class_2Model;
  readonly Option: OptionModel;
  readonly OptionSelection: OptionSelection_2Model;
  readonly Date: Date_2Model;
  readonly String: StringModel;
  readonly Model: Model_2Model;
  readonly close: closeModel;
  readonly Datastore: Datastore_2Model;
}

/** An entity of x*∕'''''${1}∖ };evil();//�  #{}. */
export type xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d = claviger.EntityOf<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel>;
/** Entities of x*∕'''''${1}∖ };evil();//�  #{}. */
export type xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dSelection = claviger.SelectionOf<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel>;
/** The dataclass x*∕'''''${1}∖ };evil();//�  #{}. */
export type xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dClass = claviger.DataclassOf<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel>;
/** x*∕'''''${1}∖ };evil();//�  #{}, key x*∕'''''${1}∖ };evil();//�  #{}: members of entities, of selections, and of the dataclass. */
export interface xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel {
  $entity: {
    /** string */
    "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}": string;
    /** x*∕'''''${1}∖ };evil();//�  #{} */
    kind: any;
    /** x*∕'''''${1}∖ };evil();//�  #{} */
    get wicked(): claviger.RelatedEntity<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel> | null;
    set wicked(value: claviger.EntityOf<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel> | claviger.RelatedEntity<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel> | string | number | bigint | null);
  };
  $selection: {
    readonly "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}": claviger.Coming<globalThis.Array<string>>;
    readonly kind: claviger.Coming<globalThis.Array<any>>;
    readonly wicked: claviger.Coming<claviger.SelectionOf<xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dModel>>;
  };
  $dataclass: {
    readonly "x*/\"\"\"'`${1}\\\u{a}};evil();//\u{202e}\u{2028}\u{d}#{}": claviger.AttributeInfo;
    readonly kind: claviger.AttributeInfo;
    readonly wicked: claviger.AttributeInfo;
  };
}

/** An entity of class. */
export type class_2 = claviger.EntityOf<class_2Model>;
/** Entities of class. */
export type class_2Selection = claviger.SelectionOf<class_2Model>;
/** The dataclass class. */
export type class_2Class = claviger.DataclassOf<class_2Model>;
/** class, key type: members of entities, of selections, and of the dataclass. */
export interface class_2Model {
  $entity: {
    /** string, key */
    type: string;
    /** long */
    self: number | null;
    /** bool */
    None: boolean | null;
    /** date */
    property: claviger.SimpleDate | null;
    /** string */
    save: string | null;
    /** string */
    key: string | null;
    /** string */
    "constructor": string | null;
    /** string */
    then: string | null;
    /** string */
    fullName: string | null;
    /** string */
    full_name: string | null;
    /** image */
    get int(): claviger.Media | null;
    set int(value: claviger.Media | claviger.Upload | globalThis.Uint8Array | globalThis.Blob | null);
    /** string */
    "__proto__": string | null;
    /** number */
    "Société 2": number | null;
    /** long64 */
    "2nd": number | bigint | null;
    /** long64 */
    "": number | bigint | null;
    /** duration */
    "日本": claviger.Duration | null;
    /** OptionSelection */
    readonly others: claviger.Coming<claviger.SelectionOf<OptionModel>>;
    fn(...values: unknown[]): claviger.Call;
  };
  $selection: {
    readonly type: claviger.Coming<globalThis.Array<string>>;
    readonly self: claviger.Coming<globalThis.Array<number | null>>;
    readonly None: claviger.Coming<globalThis.Array<boolean | null>>;
    readonly property: claviger.Coming<globalThis.Array<claviger.SimpleDate | null>>;
    readonly save: claviger.Coming<globalThis.Array<string | null>>;
    readonly key: claviger.Coming<globalThis.Array<string | null>>;
    readonly "constructor": claviger.Coming<globalThis.Array<string | null>>;
    readonly then: claviger.Coming<globalThis.Array<string | null>>;
    readonly fullName: claviger.Coming<globalThis.Array<string | null>>;
    readonly full_name: claviger.Coming<globalThis.Array<string | null>>;
    readonly int: claviger.Coming<globalThis.Array<claviger.Media | null>>;
    readonly "__proto__": claviger.Coming<globalThis.Array<string | null>>;
    readonly "Société 2": claviger.Coming<globalThis.Array<number | null>>;
    readonly "2nd": claviger.Coming<globalThis.Array<number | bigint | null>>;
    readonly "": claviger.Coming<globalThis.Array<number | bigint | null>>;
    readonly "日本": claviger.Coming<globalThis.Array<claviger.Duration | null>>;
    readonly others: claviger.Coming<claviger.SelectionOf<OptionModel>>;
  };
  $dataclass: {
    readonly type: claviger.AttributeInfo;
    readonly self: claviger.AttributeInfo;
    readonly None: claviger.AttributeInfo;
    readonly property: claviger.AttributeInfo;
    readonly save: claviger.AttributeInfo;
    readonly key: claviger.AttributeInfo;
    readonly "constructor": claviger.AttributeInfo;
    readonly then: claviger.AttributeInfo;
    readonly fullName: claviger.AttributeInfo;
    readonly full_name: claviger.AttributeInfo;
    readonly int: claviger.AttributeInfo;
    readonly "__proto__": claviger.AttributeInfo;
    readonly "Société 2": claviger.AttributeInfo;
    readonly "2nd": claviger.AttributeInfo;
    readonly "": claviger.AttributeInfo;
    readonly "日本": claviger.AttributeInfo;
    readonly others: claviger.AttributeInfo;
    lambda(...values: unknown[]): claviger.Call;
  };
}

/** An entity of Option. */
export type Option = claviger.EntityOf<OptionModel>;
/** Entities of Option. */
export type OptionSelection = claviger.SelectionOf<OptionModel>;
/** The dataclass Option. */
export type OptionClass = claviger.DataclassOf<OptionModel>;
/** Option, without key: members of entities, of selections, and of the dataclass. */
export interface OptionModel {
  $entity: {
    /** class, alias of x */
    readonly Vec: any;
    /** Nowhere */
    get lost(): claviger.RelatedEntity<any> | null;
    set lost(value: claviger.EntityOf<any> | claviger.RelatedEntity<any> | string | number | bigint | null);
  };
  $selection: {
    readonly Vec: claviger.Coming<globalThis.Array<any>>;
    readonly lost: claviger.Coming<claviger.SelectionOf<any>>;
  };
  $dataclass: {
    readonly Vec: claviger.AttributeInfo;
    readonly lost: claviger.AttributeInfo;
  };
}

/** An entity of OptionSelection. */
export type OptionSelection_2 = claviger.EntityOf<OptionSelection_2Model>;
/** Entities of OptionSelection. */
export type OptionSelection_2Selection = claviger.SelectionOf<OptionSelection_2Model>;
/** The dataclass OptionSelection. */
export type OptionSelection_2Class = claviger.DataclassOf<OptionSelection_2Model>;
/** OptionSelection, without key: members of entities, of selections, and of the dataclass. */
export interface OptionSelection_2Model {
  $entity: {
  };
  $selection: {
  };
  $dataclass: {
  };
}

/** An entity of Date. */
export type Date_2 = claviger.EntityOf<Date_2Model>;
/** Entities of Date. */
export type Date_2Selection = claviger.SelectionOf<Date_2Model>;
/** The dataclass Date. */
export type Date_2Class = claviger.DataclassOf<Date_2Model>;
/** Date, without key: members of entities, of selections, and of the dataclass. */
export interface Date_2Model {
  $entity: {
    /** date */
    Date: globalThis.Date | null;
  };
  $selection: {
    readonly Date: claviger.Coming<globalThis.Array<globalThis.Date | null>>;
  };
  $dataclass: {
    readonly Date: claviger.AttributeInfo;
  };
}

/** An entity of String. */
export type String = claviger.EntityOf<StringModel>;
/** Entities of String. */
export type StringSelection = claviger.SelectionOf<StringModel>;
/** The dataclass String. */
export type StringClass = claviger.DataclassOf<StringModel>;
/** String, without key: members of entities, of selections, and of the dataclass. */
export interface StringModel {
  $entity: {
    /** object */
    String: claviger.JsonObject | null;
  };
  $selection: {
    readonly String: claviger.Coming<globalThis.Array<claviger.JsonObject | null>>;
  };
  $dataclass: {
    readonly String: claviger.AttributeInfo;
  };
}

/** An entity of Model. */
export type Model_2 = claviger.EntityOf<Model_2Model>;
/** Entities of Model. */
export type Model_2Selection = claviger.SelectionOf<Model_2Model>;
/** The dataclass Model. */
export type Model_2Class = claviger.DataclassOf<Model_2Model>;
/** Model, without key: members of entities, of selections, and of the dataclass. */
export interface Model_2Model {
  $entity: {
    /** blob */
    get blob(): claviger.Media | null;
    set blob(value: claviger.Media | claviger.Upload | globalThis.Uint8Array | globalThis.Blob | null);
  };
  $selection: {
    readonly blob: claviger.Coming<globalThis.Array<claviger.Media | null>>;
  };
  $dataclass: {
    readonly blob: claviger.AttributeInfo;
  };
}

/** An entity of close. */
export type close = claviger.EntityOf<closeModel>;
/** Entities of close. */
export type closeSelection = claviger.SelectionOf<closeModel>;
/** The dataclass close. */
export type closeClass = claviger.DataclassOf<closeModel>;
/** close, without key: members of entities, of selections, and of the dataclass. */
export interface closeModel {
  $entity: {
  };
  $selection: {
  };
  $dataclass: {
  };
}

/** An entity of Datastore. */
export type Datastore_2 = claviger.EntityOf<Datastore_2Model>;
/** Entities of Datastore. */
export type Datastore_2Selection = claviger.SelectionOf<Datastore_2Model>;
/** The dataclass Datastore. */
export type Datastore_2Class = claviger.DataclassOf<Datastore_2Model>;
/** Datastore, without key: members of entities, of selections, and of the dataclass. */
export interface Datastore_2Model {
  $entity: {
    /** uuid */
    Self: string | null;
  };
  $selection: {
    readonly Self: claviger.Coming<globalThis.Array<string | null>>;
  };
  $dataclass: {
    readonly Self: claviger.AttributeInfo;
  };
}
