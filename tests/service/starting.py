"""What a server does before it serves, for tests that ask an application without a server."""

import asyncio


def started(app):
    """Run the application's start and end once: its database is ready from then on."""

    async def start():
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(start())
    return app
