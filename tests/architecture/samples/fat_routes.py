"""Routes that decide, query and wander."""


@router.get("/segments/{segment_id}")
async def thin(segment, takes):
    return await takes.start(segment)


@router.post("/segments")
async def deciding(segment, takes):  # caught
    if segment.ready:
        return await takes.start(segment)
    return None


@v1_router.post("/segments/{segment_id}")
async def querying(session, segment_id):  # caught
    return await session.get(segment_id)


@router.put("/segments")
async def showing(takes, shown):
    take = await takes.start()
    return await shown.take(take)


@router.put("/segments")
async def showing_at_once(takes, shown):
    return await shown.take(await takes.start())


@router.put("/segments")
async def wandering(projects, takes, shown):  # caught
    project = await projects.get()
    take = await takes.start(project)
    return await shown.take(take)


@router.delete("/segments")
async def long(takes):  # caught
    step_0 = 0
    step_1 = 1
    step_2 = 2
    step_3 = 3
    step_4 = 4
    step_5 = 5
    step_6 = 6
    step_7 = 7
    step_8 = 8
    step_9 = 9
    step_10 = 10
    step_11 = 11
    step_12 = 12
