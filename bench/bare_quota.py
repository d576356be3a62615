"""The buying of `quota` without Lulus: bare Litestar and asyncpg, the token read, and all the rest in one statement."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import jwt
from litestar import Litestar, Request, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import JSONBody
from msgspec import Struct

from backend.core.tokens import ISSUER
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from bench.quota_sql import BUY

_BUY = BUY.format(
    buyer="(SELECT s.account_id FROM session s JOIN account a ON a.id = s.account_id WHERE s.uuid = $2"
    " AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL)",
    batch="(SELECT id FROM batch WHERE uuid = $1)",
)


class PurchaseIn(Struct):
    batch_id: UUID


class Bought(Struct):
    id: int


class Envelope(Struct):
    success: bool
    message: str
    data: Bought


@post("/api/v1/me/purchases")
async def buy(request: Request[Any, Any, Any], state: State, data: JSONBody[PurchaseIn]) -> Envelope:
    token = request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, os.environ["JWT_SECRET"], algorithms=["HS256"], audience=ACCESS_AUDIENCE, issuer=ISSUER)
    async with state.pool.acquire() as connection:
        bought = await connection.fetchval(_BUY, data.batch_id, UUID(claims["sid"]))
    if bought is None:
        raise HTTPException(status_code=409)
    return Envelope(True, "Purchase created successfully", Bought(bought))  # noqa: FBT003 - the contract's envelope


class _Kept(asyncpg.Connection):
    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    url, settings = os.environ["DATABASE_URL"], {"jit": "off"}
    async with asyncpg.create_pool(
        url, min_size=10, max_size=10, server_settings=settings, connection_class=_Kept
    ) as pool:
        app.state.pool = pool
        yield


app = Litestar([buy], lifespan=[_pool], openapi_config=None, logging_config=None)
