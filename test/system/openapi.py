# SPDX-License-Identifier: Apache-2.0
"""OpenAPI 3.1 documents: whether one is sound, and whether JSON fits a schema of it.

As much of both as our document uses. What is not known here is a problem, so that nothing in the
document goes unchecked.
"""
import base64
import binascii
import json
import re

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON_TYPES = ("application/json", "application/problem+json", "application/merge-patch+json", "application/jsonl")

# Objects of the specification: members, those with "!" are required.
OBJECTS = {
    "document": "openapi! info! servers tags paths! components!",
    "info": "title! version! summary description license",
    "license": "name! identifier",
    "server": "url! description",
    "tag": "name! description",
    "components": "securitySchemes parameters requestBodies headers responses schemas",
    "path": "parameters " + " ".join(METHODS),
    "operation": "tags! operationId! summary! description! parameters security! requestBody responses!",
    "parameter": "name! in! description! required allowEmptyValue explode schema! example",
    "header": "description! schema! example",
    "request body": "description required content!",
    "response": "description! headers content",
    "media type": "schema! example",
    "security scheme": "type! scheme description",
}
WORDS = {"type", "const", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "properties", "required",
         "additionalProperties", "items", "oneOf", "anyOf", "format", "contentEncoding"}
ANNOTATIONS = {"description", "default", "contentMediaType"}
TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


def follow(document, node):
    """What a reference leads to; KeyError when that is nothing."""
    while isinstance(node, dict) and "$ref" in node:
        target = node["$ref"]
        if not target.startswith("#/"):
            raise KeyError(target)
        node = document
        for part in target[2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def is_type(name, value):
    if name in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if name == "integer" else (int, float))
    return isinstance(value, TYPES[name])


def is_base64(text):
    try:
        base64.b64decode(text, validate=True)
        return True
    except binascii.Error:
        return False


class Fitting:
    """Problems of a value with a schema. strict: an object has no members that the schema does not name."""

    def __init__(self, document, strict):
        self.document, self.strict = document, strict

    def problems(self, schema, value, place="$"):
        if isinstance(schema, bool):
            return [] if schema else [place + ": nothing fits"]
        schema = follow(self.document, schema)
        unknown = set(schema) - WORDS - ANNOTATIONS
        assert not unknown, "%s: the checker does not know %s" % (place, unknown)
        found = []
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(t, value) for t in types):
            return ["%s: %r is not of type %s" % (place, value, "/".join(types))]
        if "const" in schema and (schema["const"] != value or isinstance(schema["const"], bool) != isinstance(value, bool)):
            found.append("%s: %r is not %r" % (place, value, schema["const"]))
        if "enum" in schema and value not in schema["enum"]:
            found.append("%s: %r is none of %r" % (place, value, schema["enum"]))
        found += self.of_text(schema, value, place) if isinstance(value, str) else []
        if is_type("number", value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append("%s: %r is out of bounds" % (place, value))
        found += self.of_members(schema, value, place) if isinstance(value, dict) else []
        for i, item in enumerate(value if isinstance(value, list) and "items" in schema else []):
            found += self.problems(schema["items"], item, "%s[%d]" % (place, i))
        for word in ("oneOf", "anyOf"):
            ways = [self.problems(way, value, place) for way in schema.get(word, [])]
            fits = sum(not way for way in ways)
            if ways and (fits == 0 or (word == "oneOf" and fits > 1)):
                found.append("%s: %d of %d ways fit: %s" % (place, fits, len(ways), [w[0] for w in ways if w]))
        return found

    @staticmethod
    def of_text(schema, value, place):
        found = []
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append("%s: %r has not the pattern" % (place, value))
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append("%s: length %d" % (place, len(value)))
        if schema.get("contentEncoding") == "base64" and not is_base64(value):
            found.append("%s: %r is not base64" % (place, value))
        if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
            found.append("%s: %r is no time" % (place, value))
        return found

    def of_members(self, schema, value, place):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        found = ["%s: %s is missing" % (place, name) for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            inside = "%s.%s" % (place, name)
            if name in properties:
                found += self.problems(properties[name], member, inside)
            elif more is not None:
                found += self.problems(more, member, inside)
            elif self.strict and properties:
                found.append(inside + ": not described")
        return found


def problems_with(document, schema, value, strict=True):
    return Fitting(document, strict).problems(schema, value)


def parameters_of(document, item, operation):
    """Those of the path and of the operation, which go before."""
    found = {}
    for parameter in item.get("parameters", []) + operation.get("parameters", []):
        parameter = follow(document, parameter)
        found[parameter["name"], parameter["in"]] = parameter
    return found


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item, item[method]


class Soundness:
    """Goes through a document and notes what is wrong."""

    def __init__(self, document):
        self.document, self.found, self.used = document, [], set()

    def wrong(self, place, what):
        self.found.append("%s: %s" % (place, what))

    def check(self):
        d = self.document
        self.object("document", d, "document")
        if not re.fullmatch(r"3\.1\.\d+", d.get("openapi", "")):
            self.wrong("openapi", "not 3.1")
        for kind in ("info",):
            self.object(kind, d.get(kind, {}), kind)
        self.object("license", d.get("info", {}).get("license", {"name": ""}), "license")
        for server in d.get("servers", []):
            self.object("server", server, "server")
        for tag in d.get("tags", []):
            self.object("tag", tag, "tag")
        self.references(d, "")
        if self.found:
            return self.found
        self.paths()
        self.components()
        return self.found

    def object(self, kind, node, place):
        if not isinstance(node, dict):
            self.wrong(place, "not an object")
            return
        words = OBJECTS[kind].split()
        for word in words:
            if word.endswith("!") and word[:-1] not in node:
                self.wrong(place, "%s without %s" % (kind, word[:-1]))
        for name in set(node) - {w.rstrip("!") for w in words}:
            self.wrong(place, "%s with unknown member %s" % (kind, name))
        for name in ("description", "summary", "title", "name"):
            if name in node and not (isinstance(node[name], str) and node[name].strip()):
                self.wrong(place, name + " says nothing")

    def references(self, node, place):
        if isinstance(node, dict):
            if "$ref" in node:
                try:
                    follow(self.document, node)
                except (KeyError, TypeError):
                    self.wrong(place, "%s leads nowhere" % node["$ref"])
                if len(node) > 1:
                    self.wrong(place, "a reference with other members")
            for name, member in node.items():
                self.references(member, "%s/%s" % (place, name))
        for i, item in enumerate(node if isinstance(node, list) else []):
            self.references(item, "%s/%d" % (place, i))

    def use(self, node):
        """What a reference leads to; it is noted as used, and all that it uses."""
        if "$ref" in node:
            self.used.add(node["$ref"])
        return follow(self.document, node)

    def paths(self):
        names, tags, schemes = [], set(), set()
        for path, item in self.document["paths"].items():
            self.object("path", item, path)
            if not path.startswith("/"):
                self.wrong(path, "does not begin with a slash")
        for path, method, item, operation in operations(self.document):
            place = "%s %s" % (method.upper(), path)
            self.object("operation", operation, place)
            names.append(operation.get("operationId"))
            tags |= set(operation.get("tags", []))
            for wanted in operation.get("security", []):
                schemes |= set(wanted)
            self.operation(place, path, method, item, operation)
        known = {tag["name"] for tag in self.document.get("tags", [])}
        for name in {n for n in names if names.count(n) > 1}:
            self.wrong(str(name), "operationId of several operations")
        for tag in tags ^ known:
            self.wrong(tag, "tag that is not described, or not used")
        for scheme in schemes ^ set(self.document["components"].get("securitySchemes", {})):
            self.wrong(scheme, "security scheme that is not described, or not used")

    def operation(self, place, path, method, item, operation):
        given = item.get("parameters", []) + operation.get("parameters", [])
        parameters = [self.use(p) for p in given]
        keys = [(p.get("name"), p.get("in")) for p in parameters]
        if len(keys) != len(set(keys)):
            self.wrong(place, "a parameter twice")
        in_path = set(re.findall(r"\{([^}]*)\}", path))
        for name in in_path ^ {p["name"] for p in parameters if p["in"] == "path"}:
            self.wrong(place, "path parameter %s is not declared, or not in the path" % name)
        for p in parameters:
            inside = "%s %s" % (place, p["name"])
            self.object("parameter", p, inside)
            if p["in"] not in ("path", "query", "header") or (p["in"] == "path" and p.get("required") is not True):
                self.wrong(inside, "in %s, required %s" % (p["in"], p.get("required")))
            self.schema(p["schema"], inside)
            self.example(p, inside)
        if "requestBody" in operation:
            body = self.use(operation["requestBody"])
            self.object("request body", body, place + " body")
            self.content(body["content"], place + " body")
            if method in ("get", "head"):
                self.wrong(place, "a body that nobody reads")
        if not any(code.startswith(("2", "3")) for code in operation["responses"]):
            self.wrong(place, "it never succeeds")
        for code, response in operation["responses"].items():
            inside = "%s %s" % (place, code)
            response = self.use(response)
            if not re.fullmatch("[1-5][0-9][0-9]", code):
                self.wrong(inside, "no status")
            self.object("response", response, inside)
            self.content(response.get("content", {}), inside)
            for name, header in response.get("headers", {}).items():
                header = self.use(header)
                self.object("header", header, "%s %s" % (inside, name))
                self.schema(header["schema"], inside)
                self.example(header, "%s %s" % (inside, name))

    def content(self, content, place):
        for name, media in content.items():
            inside = "%s %s" % (place, name)
            if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", name):
                self.wrong(inside, "no media type")
            self.object("media type", media, inside)
            self.schema(media["schema"], inside)
            self.example(media, inside)

    def example(self, holder, place):
        if "example" in holder:
            for problem in problems_with(self.document, holder["schema"], holder["example"]):
                self.wrong(place, "example: " + problem)

    def schema(self, schema, place):
        if isinstance(schema, bool):
            return
        if "$ref" in schema:
            if schema["$ref"] in self.used:
                return
            schema = self.use(schema)
        for word in set(schema) - WORDS - ANNOTATIONS:
            self.wrong(place, "schema with unknown word " + word)
        types = schema.get("type", [])
        for name in [types] if isinstance(types, str) else types:
            if name not in TYPES and name not in ("integer", "number"):
                self.wrong(place, "no type: %s" % name)
        for name in schema.get("required", []):
            if name not in schema.get("properties", {}):
                self.wrong(place, "required, but not described: " + name)
        inner = list(schema.get("properties", {}).values()) + schema.get("oneOf", []) + schema.get("anyOf", [])
        for part in inner + [schema[w] for w in ("items", "additionalProperties") if w in schema]:
            self.schema(part, place)

    def components(self):
        components = self.document["components"]
        self.object("components", components, "components")
        for scheme in components.get("securitySchemes", {}).values():
            self.object("security scheme", scheme, "security scheme")
            if scheme.get("type") not in ("http", "mutualTLS") or (scheme["type"] == "http") != ("scheme" in scheme):
                self.wrong("security scheme", json.dumps(scheme))
        for kind, members in components.items():
            for name in members if kind != "securitySchemes" else ():
                if "#/components/%s/%s" % (kind, name) not in self.used:
                    self.wrong("components/%s/%s" % (kind, name), "nobody uses it")


def problems_of(document):
    return Soundness(document).check()
