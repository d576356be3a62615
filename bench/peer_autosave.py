"""The peer of `autosave`: the same endpoint in FastAPI and SQLAlchemy, as their documentation would have it written.

Runs in the peers' environment, so nothing of Lulus is imported. Same tables, same data, same pool size, same token,
same checks, same rows at the end; uvloop, httptools, and no access log.
"""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

GRACE = timedelta(seconds=5)

engine = create_async_engine(
    os.environ["DATABASE_URL"]
    .replace("postgresql://", "postgresql+asyncpg://")
    .replace("postgres://", "postgresql+asyncpg://"),
    pool_size=10,
    max_overflow=0,
    connect_args={"server_settings": {"jit": "off"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    removed_at: Mapped[datetime | None]


class Login(Base):
    __tablename__ = "session"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Enrolment(Base):
    __tablename__ = "enrolment"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


class Attempt(Base):
    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    assessment_id: Mapped[int]
    account_id: Mapped[int]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    state: Mapped[str]
    deadline_at: Mapped[datetime]


class Question(Base):
    __tablename__ = "question"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    assessment_id: Mapped[int]


class Option(Base):
    __tablename__ = "option"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))


class Answer(Base):
    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int]
    question_id: Mapped[int]
    option_id: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AnswerLog(Base):
    __tablename__ = "answer_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int]
    question_id: Mapped[int]
    option_id: Mapped[int]
    session_id: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AnswerIn(BaseModel):
    question_id: UUID
    selected_option_id: UUID


class Saved(BaseModel):
    status: str = "saved"


class Envelope(BaseModel):
    success: bool
    message: str
    data: Saved


async def transaction() -> AsyncIterator[AsyncSession]:
    async with sessions() as session, session.begin():
        yield session


Db = Annotated[AsyncSession, Depends(transaction)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def login(db: Db, bearer: Bearer) -> Login:
    try:
        claims: dict[str, Any] = jwt.decode(
            bearer.credentials,
            os.environ["JWT_SECRET"],
            algorithms=["HS256"],
            audience=os.environ["PEER_AUDIENCE"],
            issuer=os.environ["PEER_ISSUER"],
        )
    except jwt.PyJWTError:
        raise HTTPException(401) from None
    found = await db.scalar(
        select(Login)
        .join(Account, Account.id == Login.account_id)
        .where(
            Login.uuid == UUID(claims["sid"]),
            Login.revoked_at.is_(None),
            Login.expires_at > func.now(),
            Account.removed_at.is_(None),
        )
    )
    if found is None:
        raise HTTPException(401)
    return found


app = FastAPI()


@app.post("/attempts/{attempt_id}/answers")
async def save(attempt_id: UUID, data: AnswerIn, db: Db, who: Annotated[Login, Depends(login)]) -> Envelope:
    found = (
        await db.execute(
            select(Attempt, Enrolment, (func.now() > Attempt.deadline_at + GRACE).label("is_late"))
            .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
            .where(Attempt.uuid == attempt_id)
            .with_for_update(of=Attempt, key_share=True)
        )
    ).one_or_none()
    if found is None:
        raise HTTPException(404)
    attempt, enrolment, is_late = found
    if attempt.account_id != who.account_id or enrolment.state != "active":
        raise HTTPException(403)
    if attempt.state != "open" or is_late:
        raise HTTPException(409)
    picked = (
        await db.execute(
            select(Question.id, Option.id)
            .join(Option, Option.question_id == Question.id)
            .where(
                Question.assessment_id == attempt.assessment_id,
                Question.uuid == data.question_id,
                Option.uuid == data.selected_option_id,
            )
        )
    ).one_or_none()
    if picked is None:
        raise HTTPException(400)
    question_id, option_id = picked
    values = {"attempt_id": attempt.id, "question_id": question_id, "option_id": option_id}
    await db.execute(
        insert(Answer)
        .values(**values, created_at=func.now(), updated_at=func.now())
        .on_conflict_do_update(
            index_elements=[Answer.attempt_id, Answer.question_id],
            set_={"option_id": option_id, "updated_at": func.now()},
        )
    )
    db.add(AnswerLog(**values, session_id=who.id))
    await db.flush()
    return Envelope(success=True, message="Questions saved successfully", data=Saved())
