"""What this contract says when something goes wrong. Source: contract/partners.md 4.2 to 4.4; the rest is ours."""

TOKEN_REFUSED = "rpc error: code = PermissionDenied desc = Token is not valid"  # noqa: S105 - the contract's text
TOKEN_REFUSED_CODE = 123
CREDENTIALS_REFUSED = "Credentials does not match in our records"

KINDS: dict[str, str] = {
    "core.invalid": "the request is not valid",
    "core.unauthenticated": TOKEN_REFUSED,
    "core.forbidden": TOKEN_REFUSED,
    "core.not_found": "not found",
    "core.conflict": "this conflicts with the present state",
    "core.unmet": "a condition is not met",
    "core.gone": "this is over",
    "core.too_large": "the request is too large (the limit is {limit})",
    "core.unsupported": "this kind of content is not supported",
    "core.too_many": "too many requests, wait {retry_after_s} seconds",
    "core.unavailable": "the service is not available, please try again",
}
"""What is said of each kind of error."""

CODES: dict[str, str] = {
    "courses.not_found": "course not found",
    "batches.not_found": "batch not found",
    "http.busy": "the server is very busy, please try again in a moment",
    "http.upload_broken": "the request broke off",
}
"""What is said of an error, where its kind says too little."""

FIELDS: dict[str, str] = {
    "required": "{field} is required",
    "range": "{field} must be a whole number from {choices}",
    "choice": "{field} must be {choices}",
    "longest": "{field} must have at most {choices} characters",
    "invalid": "{field} is not valid",
}
"""What is said of a field or a parameter."""

BODY = "the body must be a JSON object"
ROUTE = "route not found"
METHOD = "method not allowed"
BROKEN = "internal server error"

NAMES: dict[int, str] = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    410: "GONE",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
"""The `message` of a failure, by status."""
