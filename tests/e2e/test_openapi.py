"""Contract, "HTTP": "JSON under `/api/v1/`, described by an OpenAPI 3 document served at
`/api/v1/openapi.json`". (That no path is missing in it: tests/unit/openapi.c.)"""

import http.client
import json
import pathlib
import re

import jsonschema

from openapi import METHODS, Spec

# Debian's package openapi-specification: what the standard's authors publish
SCHEMA = pathlib.Path("/usr/share/openapi-specification/schemas/v3.0/schema.json")


def refs(o):
    if isinstance(o, dict):
        if "$ref" in o:
            yield o["$ref"]
        for v in o.values():
            yield from refs(v)
    elif isinstance(o, list):
        for v in o:
            yield from refs(v)


def test_it_is_an_openapi_document(world):
    world.begin()
    spec = Spec(world.gateway)
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(spec.doc)
    used = set(refs(spec.doc))
    for ref in used:
        spec.resolver.resolve(ref)
    for kind, parts in spec.doc["components"].items():
        for name in parts if kind != "securitySchemes" else ():
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name} is used by nobody"
    ids = [operation["operationId"] for _, _, operation in spec.operations()]
    assert len(set(ids)) == len(ids) > 5
    for path, method, operation in spec.operations():
        named = set(re.findall(r"{(\w+)}", path))
        told = {spec._deref(p)["name"] for p in spec.doc["paths"][path].get("parameters", [])}
        assert named == told, path
        for needed in operation["security"]:
            assert set(needed) <= set(spec.doc["components"].get("securitySchemes", ())), (path, method)


def test_each_path_and_method_answers_as_described(world):
    """Whatever is asked by whoever does not know better; and other methods are refused."""
    world.begin()
    g = world.gateway
    spec = Spec(g)
    for path, method, _ in spec.operations():
        asked = re.sub("{[^}]*}", "x", path)
        for body in (None,) if method == "get" else (None, "{", "{}", "[]", '{"a": null}', "\0\xff"):
            status, headers, _ = spec.ask(method.upper(), asked, body)
            assert status not in (405, 501), (method, path)
            assert headers["x-content-type-options"] == "nosniff", path
            assert headers["cache-control"] == "no-store", path
    for path, item in spec.doc["paths"].items():
        asked = re.sub("{[^}]*}", "x", path)
        for method in set(METHODS) - set(item):
            c = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=10)
            c.request(method.upper(), asked)
            answer = c.getresponse()
            problem = json.loads(answer.read())
            c.close()
            # who may not know that it is there is told that it is not
            assert answer.status in (404, 405) and problem["status"] == answer.status, (method, path)
            if answer.status == 405:
                allow = answer.getheader("Allow").lower().split(", ")
                # routes are of a whole prefix: one of its paths may take less
                assert set(allow) - {"head"} >= set(item) & set(METHODS), (method, path)
    assert g.http("/healthz")[0] == 200
