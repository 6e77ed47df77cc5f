"""The gateway's OpenAPI document, and whether answers are as it says."""

import http.client
import json
import re

import jsonschema

METHODS = ("get", "post", "put", "patch", "delete")


class Spec:
    def __init__(self, gateway):
        self.gateway = gateway
        self.doc = json.loads(gateway.http("/api/v1/openapi.json")[1])
        self.resolver = jsonschema.RefResolver("", self.doc)

    def _deref(self, o):
        return self.resolver.resolve(o["$ref"])[1] if "$ref" in o else o

    def operations(self):
        for path, item in self.doc["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]

    def _find(self, path):
        """The item of a path: a plain one before one with parameters."""
        for template in sorted(self.doc["paths"], key=lambda t: t.count("{")):
            if re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), path):
                return self.doc["paths"][template]
        raise AssertionError(f"{path} is not described")

    def check(self, method, path, status, headers, body):
        """Is this answer one that is described?"""
        operation = self._find(path.split("?")[0])[method.lower().replace("head", "get")]
        said = operation["responses"].get(str(status))
        assert said, f"{method} {path}: {status} is not described: {body[:200]}"
        content = self._deref(said).get("content", {})
        kind = headers.get("content-type", "").split(";")[0]
        assert kind in content or (not content and not body), (method, path, status, kind)
        if kind.endswith("json") and method != "HEAD":
            jsonschema.Draft4Validator(content[kind]["schema"], resolver=self.resolver).validate(
                json.loads(body))

    def ask(self, method, path, body=None, headers=None, port=None):
        """(status, headers in small letters, body as text) of an answer that is as described."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.gateway.http_port, timeout=15)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            got = (answer.status, {k.lower(): v for k, v in answer.getheaders()},
                   answer.read().decode())
        finally:
            connection.close()
        self.check(method, path, *got)
        return got
