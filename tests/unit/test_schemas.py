"""The JSON Schemas and the golden vectors of proto/ say the same.

A vector that is decoded must fit its type's schema, unless it lists in "ill" the optional fields
that do not fit and are taken for absent; without those it must fit. One refused for a field must
not fit. "schema_blind" names what a schema cannot express.
"""

import json
import pathlib

import jsonschema
import pytest

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
TYPES = sorted(path.stem for path in (PROTO / "schema").glob("*.json"))


def joined(text):
    """The bytes of a payload: a string, or a list of strings and runs."""
    if isinstance(text, str):
        return text.encode()
    out = b""
    for part in text:
        if isinstance(part, str):
            out += part.encode()
        elif "hex" in part:
            out += bytes.fromhex(part["hex"])
        else:
            out += part["repeat"].encode() * part["times"]
    return out


def vectors(type_name):
    with open(PROTO / "golden" / (type_name + ".jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def validator(type_name):
    schema = json.loads((PROTO / "schema" / (type_name + ".json")).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


CASES = [
    pytest.param(type_name, vector, id=f"{type_name}-{number}-{vector['name'][:40]}")
    for type_name in TYPES
    for number, vector in enumerate(vectors(type_name), 1)
]


def test_every_type_has_a_schema_and_vectors_of_both_sorts():
    golden = sorted(p.stem for p in (PROTO / "golden").glob("*.jsonl") if p.stem != "topics")
    assert TYPES == golden
    assert len(TYPES) == 15
    for type_name in TYPES:
        sorts = {"refused" in vector for vector in vectors(type_name)}
        assert sorts == {True, False}, type_name


@pytest.mark.parametrize("type_name", TYPES)
def test_schema_names_its_own_topic(type_name):
    schema = json.loads((PROTO / "schema" / (type_name + ".json")).read_text(encoding="utf-8"))
    topic = vectors(type_name)[0]["topic"].split("/")
    described = schema["description"].split()[2].rstrip(".").split("/")
    assert [a for a in described if not a.startswith("{")] == topic[:3] + topic[4:]
    assert schema["$id"] == "urn:yijian:v1:" + type_name


@pytest.mark.parametrize("type_name, vector", CASES)
def test_vector(type_name, vector):
    check = validator(type_name)
    if "refused" in vector:
        if vector["refused"]["reason"] != "field":
            return
        wrong = {error_path(e) for e in check.iter_errors(json.loads(joined(vector["payload"])))}
        if "schema_blind" in vector:
            assert not wrong
        else:
            assert vector["refused"]["field"] in wrong
        return
    message = json.loads(joined(vector["payload"]))
    check.validate(json.loads(joined(vector["canonical"])))
    wrong = {error_path(error) for error in check.iter_errors(message)}
    assert {path.split(".")[0] for path in wrong} == set(vector.get("ill", []))
    for path in wrong:
        field, _, inner = path.partition(".")
        needed = check.schema["required"] + check.schema.get("else", {}).get("required", [])
        if field in needed:
            del message[field][inner]  # an optional field within, e.g. resident.health
        else:
            message.pop(field, None)
    check.validate(message)


def error_path(error):
    """The field that an error is about, as "resident.phone"."""
    path = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        path += [next(key for key in missing if repr(key) in error.message)]
    return ".".join(path)
