"""What Schemathesis does not know of the dialect: which 5xx is an answer, and what filters look like.

The statuses 500 of the dialect (stamp conflict, broken rule) carry an `__ERROR` with a number of the dialect. Every other 5xx is a fault, and so is a
500 with a number from 9000 on, which the server gives itself when it does not know better.
"""

import functools
import json
import os
import random
import urllib.error
import urllib.request

import schemathesis


@schemathesis.check
def no_fault(ctx, response, case):
    if response.status_code < 500:
        return
    try:
        body = response.json()
        # The answer to a validation has its errors by entity.
        told = [body] if "__ERROR" in body else body["__ENTITIES"]
        # What a function throws is the application's word about its arguments (rest-dialect 15.5).
        thrown = [item for one in told for item in one["__ERROR"] if (item["errCode"], item["componentSignature"]) == (9510, "ds")]
        numbers = [item["errCode"] for one in told for item in one["__ERROR"] if item not in thrown]
        if thrown and not numbers and response.status_code == 500:
            return
    except (ValueError, KeyError, TypeError):
        raise AssertionError(f"{response.status_code} without __ERROR") from None
    if response.status_code != 500 or not numbers or any(number >= 9000 for number in numbers):
        raise AssertionError(f"the server is at fault: {response.status_code} {numbers}")


@schemathesis.check
def errors_are_told(ctx, response, case):
    """Clients look at the status, and at `__ERROR`: one without the other would be missed."""
    if "json" not in response.headers.get("content-type", [""])[0]:
        return
    body = response.json()
    has_error = isinstance(body, dict) and "__ERROR" in body
    if has_error and response.status_code < 400:
        raise AssertionError(f"{response.status_code} with __ERROR")


@functools.cache
def entity_set(dataclass):
    """ID of a set that the key has made; none where the key may not."""
    request = urllib.request.Request(f"{os.environ['ENDPOINT']}/rest/{dataclass}?$method=entityset&$top=0", headers={"api-key": os.environ["API_KEY"]})
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)["__ENTITYSET"].rsplit("/", 1)[1]
    except urllib.error.HTTPError:
        return None


class Asker:
    """Texts that mean something for a dataclass of the document: the same ones for the same input."""

    def __init__(self, ctx, given):
        operation = ctx.operation
        self.schemas = operation.schema.raw_schema["components"]["schemas"]
        tags = operation.definition.raw.get("tags") or []
        self.name = tags[0] if tags and tags[0] in self.schemas else None
        self.random = random.Random(json.dumps(given, sort_keys=True, default=str))

    def replaces(self):
        """Two of three inputs; the rest stays as random as it came."""
        return self.name is not None and self.random.random() < 0.67

    def attributes(self, name):
        properties = self.schemas[name]["properties"]
        return [(key, value) for key, value in properties.items() if not key.startswith("__")]

    def path(self, name=None, depth=2):
        key, schema = self.random.choice(self.attributes(name or self.name))
        related = schema.get("x-related")
        if related in self.schemas and schema.get("x-kind", "").startswith("related"):
            if depth > 0:
                path, of = self.path(related, depth - 1)
                return f"{key}.{path}", of
            return key, schema
        if "object" in schema.get("type", []) and self.random.random() < 0.7:
            return f"{key}.{self.random.choice(['city', 'tags[]', 'tags[a].x', 'a.b.c', 'size'])}", {}
        return key, schema

    def value(self, schema):
        types = schema.get("type", [])
        choice = self.random.choice
        if self.random.random() < 0.15:
            return choice(["null", "true", "'x'", "-1", "1e3", "''", "2024-02-29", "9223372036854775808"])
        if schema.get("format") == "date-time" or "A date" in schema.get("description", ""):
            return choice(["2024-01-31", "'1!2!2024'", "'2024-05-05T10:00:00Z'", "!!2023-12-24!!"])
        if "integer" in types or "number" in types:
            return choice(["0", "1", "7", "-3", "12.5", "1000000", "0.1"])
        if "boolean" in types:
            return choice(["true", "false"])
        return choice(["'a@'", "@e@", "'O''Neil'", "'é*'", "some words", "'%'", "'[x]'"])

    def condition(self, depth=2):
        roll = self.random.random()
        if depth > 0 and roll < 0.35:
            word = self.random.choice([" and ", " or ", " AND ", " except ", " && "])
            return f"({self.condition(depth - 1)}){word}{self.condition(depth - 1)}"
        if depth > 0 and roll < 0.45:
            return f"not({self.condition(depth - 1)})"
        path, schema = self.path()
        if roll < 0.55:
            return f"{path} in [{self.value(schema)}, {self.value(schema)}]"
        word = self.random.choice(["=", "==", "===", "!=", "#", "<", "<=", ">", ">=", "begin", "%", "is", "is not"])
        return f"{path} {word} {':1' if roll > 0.9 else self.value(schema)}"

    def list(self, most=3):
        return ",".join(self.path(depth=1)[0] for _ in range(self.random.randint(1, most)))

    def order(self):
        return ", ".join(f"{self.path(depth=1)[0]} {self.random.choice(['asc', 'desc', ''])}" for _ in range(self.random.randint(1, 2)))


def asker_of(ctx, parameters):
    """Who makes values of the model for these parameters, if anybody does."""
    asker = Asker(ctx, parameters) if parameters else None
    return asker if asker and asker.replaces() else None


@schemathesis.hook
def map_query(ctx, query):
    asker = asker_of(ctx, query)
    if not asker:
        return query
    made = dict(query)
    if "$filter" in made:
        made["$filter"] = f'"{asker.condition()}"'
        made["$params"] = json.dumps([asker.random.choice(["a@", 7, None, True, ["x", 1], "2024-01-01"])])
    if "$orderby" in made:
        made["$orderby"] = asker.order()
    if "$attributes" in made:
        made["$attributes"] = asker.list()
    if "$otherCollection" in made:
        made["$otherCollection"] = entity_set(asker.name) or made["$otherCollection"]
    if "$expand" in made:
        relations = [key for key, schema in asker.attributes(asker.name) if schema.get("x-kind", "").startswith("related")]
        made["$expand"] = ",".join(relations[:2])
    return made


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    asker = asker_of(ctx, path_parameters)
    if not asker:
        return path_parameters
    made = dict(path_parameters)
    if "attributes" in made:
        made["attributes"] = asker.list(2)
    if "id" in made:
        made["id"] = entity_set(asker.name) or made["id"]
    if isinstance(made.get("key"), int):
        made["key"] = asker.random.randint(1, 60)
    return made
