"""Examples for bodies and answers, made from their schemas: the same each time, and of the right form. Pure."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

BY_NAME = {
    "email": "siti@example.test",
    "phone": "081200000001",
    "name": "Siti Rahma",
    "title": "Brevet A dan B",
    "slug": "brevet-a-dan-b",
    "message": "OK",
    "password": "correct-horse-battery",
    "new_password": "correct-horse-battery",
    "confirm_password": "correct-horse-battery",
    "url": "/api/v1/jobs/0198c0de-0000-7000-8000-000000000001",
}
BY_FORMAT = {
    "uuid": "0198c0de-0000-7000-8000-000000000001",
    "date-time": "2026-08-17T09:00:00Z",
    "date": "2026-08-17",
    "time": "09:00:00",
    "binary": "(bytes)",
}
BY_TYPE: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}
DEEPEST = 8


def add_examples(document: dict[str, Any]) -> None:
    """Give every JSON body and success answer of an OpenAPI document an example, where it has none."""
    schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    for item in document.get("paths", {}).values():
        for operation in item.values():
            if not isinstance(operation, dict):
                continue
            answers = [answer for status, answer in operation["responses"].items() if status < "300"]
            for part in (operation.get("requestBody"), *answers):
                _add(part, schemas)


def _add(part: dict[str, Any] | None, schemas: Mapping[str, Schema]) -> None:
    for media_type, content in ((part or {}).get("content") or {}).items():
        if "json" in media_type and content.get("schema") and not {"example", "examples"} & content.keys():
            content["example"] = example(content["schema"], schemas)


def example(schema: Schema, schemas: Mapping[str, Schema], name: str = "", depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """A value of a schema; null where it is nested too deeply to be of use."""
    if depth > DEEPEST:
        return None
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, name, depth + 1)
    for given in ("const", "default", "example"):
        if schema.get(given) is not None:
            return schema[given]
    if schema.get("enum"):
        return schema["enum"][0]
    for union in ("oneOf", "anyOf", "allOf"):
        if schema.get(union):
            some = [one for one in schema[union] if one.get("type") != "null"]
            return example(some[0], schemas, name, depth + 1) if some else None
    return _of_type(schema, schemas, name, depth)


def _of_type(schema: Schema, schemas: Mapping[str, Schema], name: str, depth: int) -> Any:  # noqa: ANN401 - any JSON
    type_ = schema.get("type")
    if isinstance(type_, list):
        type_ = next((one for one in type_ if one != "null"), "null")
    if type_ == "array":
        return [example(schema["items"], schemas, name, depth + 1)] if schema.get("items") else []
    if type_ == "object" or "properties" in schema:
        properties: Mapping[str, Schema] = schema.get("properties") or {}
        return {key: example(value, schemas, key, depth + 1) for key, value in properties.items()}
    if type_ == "string":
        return BY_FORMAT.get(schema.get("format", "")) or BY_NAME.get(name, BY_TYPE["string"])
    if type_ in ("integer", "number") and schema.get("minimum") is not None:
        return schema["minimum"]
    return BY_TYPE.get(str(type_))
