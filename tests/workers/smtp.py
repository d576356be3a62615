"""A mail server for tests: a few lines of SMTP on a port of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager


class MailServer:
    """Takes mails, or answers what `answers` says: command -> line, or "" to hang up."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.mails: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            command = line[:4].strip().upper().decode()
            answer = self.answers.get(command, "354 go on" if command == "DATA" else "250 ok")
            if not answer:
                return
            writer.write(answer.encode() + b"\r\n")
            if command == "DATA" and answer.startswith("354"):
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                end = self.answers.get("END", "250 taken")
                if not end:
                    return
                writer.write(end.encode() + b"\r\n")
            if command == "QUIT":
                return


@asynccontextmanager
async def mail_server(**answers: str) -> AsyncIterator[MailServer]:
    """A server that lives as long as the block."""
    server = MailServer(answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
