"""A service that commits by itself."""


async def rename(session, project):
    project.name = "new"
    await session.commit()  # caught
