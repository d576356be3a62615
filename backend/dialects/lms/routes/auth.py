"""Getting in and out. Source: contract 2.1; forgotten passwords are ours."""

from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from backend.core.actor import Actor
from backend.dialects.lms import auth, cookies
from backend.dialects.lms.envelope import Envelope, success
from backend.dialects.lms.wire.auth import (
    AccessOut,
    ForgotIn,
    LoginIn,
    LoginOut,
    RegisterIn,
    RegisterOut,
    ResendIn,
    ResetIn,
    VerifyIn,
)
from backend.domain.accounts import codes, commands, sessions
from backend.domain.accounts.errors import RefreshMissing
from backend.domain.accounts.terms import Caller


class Auth(Controller):
    """Registering, verifying, logging in, staying in, logging out."""

    path = "/auth"
    tags = ("auth",)
    dependencies = {  # noqa: RUF012 - litestar's own attribute
        "caller": Provide(cookies.caller, sync_to_thread=False),
        "refresh_token": Provide(cookies.refresh_token, sync_to_thread=False),
    }

    @post("/register", status_code=201, opt={"public": True, "failure": "Gagal registrasi", "lane": "passwords"})
    async def register(self, data: JSONBody[RegisterIn], caller: NamedDependency[Caller]) -> Envelope[RegisterOut]:
        """Make a student's account; a code is mailed."""
        person = await commands.register(caller, data.newcomer)
        return success("Sukses Registrasi - Mohon cek email Anda", RegisterOut.of(person))

    @post("/login", status_code=200, opt={"public": True, "failure": "Login gagal", "lane": "passwords"})
    async def login(self, data: JSONBody[LoginIn], caller: NamedDependency[Caller]) -> Response[Envelope[LoginOut]]:
        """Begin a session."""
        signed_in = await sessions.log_in(caller, data.email, data.password)
        return Response(
            success("Login successful", LoginOut.of(signed_in)),
            cookies=[cookies.refresh_cookie(signed_in.refresh_token)],
        )

    @post("/verify", status_code=200, opt={"public": True, "failure": "Verifikasi gagal"})
    async def verify(self, data: JSONBody[VerifyIn]) -> Envelope[None]:
        """Verify an e-mail with the code that was mailed."""
        await codes.verify_email(data.token, data.code)
        return success("Email verified successfully", None)

    @post(
        "/resend-verification",
        status_code=200,
        opt={"public": True, "failure": "Gagal kirim ulang kode verifikasi"},
    )
    async def resend(self, data: JSONBody[ResendIn]) -> Envelope[None]:
        """Have another code mailed."""
        await codes.request_verification(data.token)
        return success("Verification code resent successfully", None)

    @post("/refresh-token", status_code=200, opt={"public": True})
    async def refresh(self, refresh_token: NamedDependency[str | None]) -> Response[Envelope[AccessOut]]:
        """Renew a session."""
        if refresh_token is None:
            raise RefreshMissing
        signed_in = await sessions.refresh(refresh_token)
        return Response(
            success("Token refreshed", AccessOut.of(signed_in)),
            cookies=[cookies.refresh_cookie(signed_in.refresh_token)],
        )

    @delete("/logout", status_code=200, opt={"roles": auth.EVERYONE})
    async def logout(
        self, actor: NamedDependency[Actor], refresh_token: NamedDependency[str | None]
    ) -> Response[Envelope[None]]:
        """End this session at once, also when the cookie that the contract wants is missing."""
        await sessions.log_out(actor, refresh_token)
        if refresh_token is None:
            raise cookies.CookieMissing
        return Response(success("Logout successful", None), cookies=[cookies.refresh_cookie("")])

    @post("/forgot-password", status_code=200, opt={"public": True})
    async def forgot(self, data: JSONBody[ForgotIn], caller: NamedDependency[Caller]) -> Envelope[None]:
        """Have a code and a link for a new password mailed; the answer is the same for every address."""
        await codes.request_password_reset(caller, data.email)
        return success("Jika email terdaftar, petunjuk telah dikirim", None)

    @post(
        "/reset-password",
        status_code=200,
        opt={"public": True, "failure": "Gagal mengatur ulang kata sandi", "lane": "passwords"},
    )
    async def reset(self, data: JSONBody[ResetIn]) -> Envelope[None]:
        """Set a new password; every session ends."""
        await codes.reset_password(data.password, **data.shown)
        return success("Kata sandi berhasil diatur ulang", None)
