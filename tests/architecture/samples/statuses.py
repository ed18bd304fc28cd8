"""A slice that answers in numbers."""

from http import HTTPStatus


@router.post("/segments", status_code=201)
async def start(takes):
    return await takes.start()


def refuse(segment):
    if segment.missing:
        return JSONResponse({}, status_code=404)  # caught
    return HTTPStatus.CONFLICT  # caught
