"""People. Source: contract 2.3, and `GET` and `PATCH /me` of 2.10."""

from litestar import Controller, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.users import CreateUserIn, ProfileIn, UpdateUserIn, UserOut, users_asked
from backend.domain.accounts import commands, queries
from backend.domain.purchases import profile_commands as purchases


async def profile_of(actor: Actor) -> Envelope[UserOut]:
    """The answer to who I am."""
    return success("Profile fetched", UserOut.of(await queries.person(actor.person_id)))


async def changed_profile(actor: Actor, data: ProfileIn) -> Envelope[UserOut]:
    """Change what I tell of myself; my group stays while a purchase is open."""
    person = await purchases.update_my_profile(
        actor, data.told, name=data.name, phone=data.phone, avatar=data.avatar or None
    )
    return success("Profil berhasil diperbarui", UserOut.of(person))


class Me(Controller):
    """Oneself, the short way."""

    path = "/me"
    tags = ("users",)

    @get("/", status_code=200, opt={"roles": auth.EVERYONE})
    async def show(self, actor: NamedDependency[Actor]) -> Envelope[UserOut]:
        """Who I am."""
        return await profile_of(actor)

    @patch("/", status_code=200, opt={"roles": auth.EVERYONE, "failure": "Gagal update profil"})
    async def change(self, actor: NamedDependency[Actor], data: JSONBody[ProfileIn]) -> Envelope[UserOut]:
        """Change what I tell of myself."""
        return await changed_profile(actor, data)


class Users(Controller):
    """Everybody, for admins; oneself, for everybody."""

    path = "/users"
    tags = ("users",)

    @get("/", status_code=200, opt={"roles": auth.ADMIN})
    async def list_(self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]) -> ListEnvelope[UserOut]:
        """The school's people."""
        asked = users_asked(listing)
        paged = await queries.people_listed(actor, asked)
        return success_list("Users fetched", [UserOut.of(view) for view in paged.items], paged, listing)

    @get("/me", status_code=200, opt={"roles": auth.EVERYONE})
    async def show_me(self, actor: NamedDependency[Actor]) -> Envelope[UserOut]:
        """Who I am."""
        return await profile_of(actor)

    @put("/me", status_code=200, opt={"roles": auth.EVERYONE, "failure": "Gagal update profil"})
    async def change_me(self, actor: NamedDependency[Actor], data: JSONBody[ProfileIn]) -> Envelope[UserOut]:
        """Change what I tell of myself."""
        return await changed_profile(actor, data)

    @get("/{user_id:str}", status_code=200, opt={"roles": auth.ADMIN, "failure": "User not found"})
    async def show(self, user_id: FromPath[str]) -> Envelope[UserOut]:
        """One person."""
        person = await queries.person(parse_uuid(user_id))
        return success("User fetched", UserOut.of(person))

    @post("/", status_code=201, opt={"roles": auth.ADMIN, "failure": "Gagal membuat user", "lane": "passwords"})
    async def create(self, actor: NamedDependency[Actor], data: JSONBody[CreateUserIn]) -> Envelope[UserOut]:
        """Make an account, verified at once."""
        person = await commands.create_account(actor, data.newcomer, data.role_type.role)
        return success("User berhasil dibuat", UserOut.of(person))

    @put("/{user_id:str}", status_code=200, opt={"roles": auth.ADMIN})
    async def change(
        self, actor: NamedDependency[Actor], user_id: FromPath[str], data: JSONBody[UpdateUserIn]
    ) -> Envelope[UserOut]:
        """Change a person; `group_verified` approves a student card."""
        person = await commands.update_account(
            actor,
            parse_uuid(user_id),
            data.told,
            name=data.name,
            phone=data.phone,
            email=data.email,
            avatar=data.avatar or None,
            role=data.new_role,
            group_verified=data.group_verified,
        )
        return success("User berhasil diperbarui", UserOut.of(person))

    @delete("/{user_id:str}", status_code=200, opt={"roles": auth.ADMIN})
    async def remove(self, actor: NamedDependency[Actor], user_id: FromPath[str]) -> Envelope[None]:
        """Remove a person; what they did, paid and earned stays."""
        await commands.remove_account(actor, parse_uuid(user_id))
        return success("User berhasil dihapus", None)
