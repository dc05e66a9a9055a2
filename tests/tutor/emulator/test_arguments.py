"""Arguments made of nothing but a schema."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tutor.emulator.arguments import MAX_CHARS, MAX_VALUES, arguments_for


def made(schema: Any) -> Any:
    return json.loads(arguments_for({"type": "function", "name": "f", "parameters": schema}))


def made_of(**properties: Any) -> Any:
    return made({"type": "object", "properties": properties, "required": list(properties)})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "minLength": 40},
        {"type": "string", "maxLength": 2},
        {"type": "string", "format": "date"},
        {"type": "string", "enum": ["c", "f"]},
        {"type": "integer"},
        {"type": "integer", "minimum": 3},
        {"type": "integer", "minimum": 1, "multipleOf": 5},
        {"type": "integer", "maximum": -2},
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "integer", "exclusiveMaximum": 0},
        {"type": "number", "minimum": 0.5},
        {"type": "number", "minimum": -5, "maximum": 5},
        {"type": "boolean"},
        {"type": "null"},
        {"type": ["string", "null"]},
        {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"properties": {"a": {"const": 3}}, "required": ["a"]},
        {"anyOf": [{"type": "integer", "minimum": 7}, {"type": "null"}]},
        {"oneOf": [{"const": "x"}, {"const": "y"}]},
        {"allOf": [{"type": "object", "required": ["a"]},
                   {"properties": {"a": {"type": "integer"}}}]},
        {"$ref": "#/$defs/town"},
        {"default": 4, "type": "integer"},
        {"examples": ["Turku"], "type": "string"},
        {},
    ],
)  # fmt: skip
def test_what_is_made_fits_the_schema(schema):
    whole = {
        "type": "object",
        "properties": {"it": schema},
        "required": ["it"],
        "$defs": {"town": {"type": "string", "minLength": 3}},
    }
    arguments = made(whole)
    Draft202012Validator(whole).validate(arguments)
    assert set(arguments) == {"it"}


def test_only_what_is_required_is_given():
    schema = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}
    assert made(schema) == {"b": "b"}


@pytest.mark.parametrize("schema", [None, {}, {"type": "object"}, {"type": "string"}, {"$ref": 1}])
def test_a_function_without_parameters_gets_an_empty_object(schema):
    assert made(schema) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}},
         "required": ["a", "b"]},
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": "object", "properties": {"a": {"type": "array", "minItems": 10**9}},
         "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 10**12}},
         "required": ["a"]},
        {"type": "object", "required": "a"},
        {"type": "object", "required": [["a"]], "properties": 3},
        {"type": "object", "properties": {"a": {"type": [], "format": []}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": "3"}},
         "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "number", "multipleOf": 0}},
         "required": ["a"]},
    ],
)  # fmt: skip
def test_no_schema_is_too_much(schema):
    assert len(json.dumps(made(schema))) < MAX_CHARS + 20 * MAX_VALUES
