"""What tools take and give."""

from typing import Annotated, Self

from pydantic import Field, JsonValue

from app.assembly.domain import MediaFacts
from app.core.schema import CleanText, Reply, Utc
from app.jobs.domain import JobView, Phase
from app.jobs.schemas import FailureRead, JobRead, QuestionRead
from app.library.domain import AssetKind
from app.planning.domain import fitting_length
from app.projects.options import AspectRatio, Language, Visuals
from app.projects.replies import ProjectReply, SegmentReply
from app.projects.schemas import MAX_STORY_CHARACTERS, OF_THE_TEXT, ProjectCreate
from app.projects.texts import language_or_english

POLL_AFTER_SECONDS = 5
LONGEST_NAME_CHARACTERS = 80


class FilmOrder(CleanText):
    """A film to make."""

    story: Annotated[str, Field(min_length=1, max_length=MAX_STORY_CHARACTERS, description="What the film tells")]
    name: Annotated[str, Field(max_length=255, description="Its title; empty takes the story's first words")] = ""
    target_duration_seconds: Annotated[
        int | None, Field(ge=6, le=600, description="Left out, the film is as long as its story needs")
    ] = None
    language: Annotated[
        Language | None, Field(description="Language of narration and captions; left out, that of the story")
    ] = None
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    visuals: Annotated[
        Visuals, Field(description="fl2v: clips between key frames; chained; slideshow: moving stills, the quickest")
    ] = Visuals.FL2V
    style: Annotated[str | None, Field(max_length=500, description="The look, in words")] = None
    narration: Annotated[bool, Field(description="Whether a narrator speaks")] = True
    ask_first: Annotated[bool, Field(description="Ask for approval of the plan and of the clips")] = False

    def project(self, longest_seconds: int) -> ProjectCreate:
        """The project that it asks for, on a service that makes films of at most such a length."""
        wish: dict[str, object] = {
            "name": self.name.strip() or " ".join(self.story.split())[:LONGEST_NAME_CHARACTERS],
            "story_prompt": self.story,
            "target_duration_sec": self.target_duration_seconds or min(self._fitting_seconds(), longest_seconds),
            "aspect_ratio": self.aspect_ratio,
            "visuals": self.visuals,
            "style": self.style,
            "language": self.language or OF_THE_TEXT,
        }
        return ProjectCreate.model_validate(wish)

    def _fitting_seconds(self) -> int:
        return fitting_length(self.story, self.language or language_or_english(self.story))


class SegmentWords(CleanText):
    """What is written of a segment; what is left out stays."""

    video_prompt: str | None = None
    narration_text: str | None = None
    end_frame_prompt: str | None = None

    def named(self) -> dict[str, str]:
        """Only what is said."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class JobSeen(Reply):
    """Where a job stands; look again after `poll_after_seconds` unless that is null."""

    job_id: str
    project_id: str | None
    kind: str
    phase: Phase
    stage: str
    progress: int
    question: QuestionRead | None
    result: dict[str, JsonValue] | None
    error: FailureRead | None
    poll_after_seconds: int | None

    @classmethod
    def of(cls, job: JobView) -> Self:
        """The job as a model reads it."""
        read = JobRead.of(job)
        waits = job.is_final or job.question is not None
        return cls(
            job_id=read.id,
            project_id=read.project_id,
            kind=read.kind,
            phase=read.phase,
            stage=read.stage,
            progress=read.progress,
            question=read.question,
            result=read.result,
            error=read.error,
            poll_after_seconds=None if waits else POLL_AFTER_SECONDS,
        )


class ProjectSeen(Reply):
    """A project with the words and files of its segments."""

    project: ProjectReply
    segments: list[SegmentReply]


class ProjectsSeen(Reply):
    """Some projects, the newest first."""

    projects: list[ProjectReply]
    total: int


class FileLink(Reply):
    """A stored file, and a link that serves it to whoever has it until it expires."""

    asset_id: str
    name: str
    kind: AssetKind
    content_type: str
    size_bytes: int
    url: str
    expires_at: Utc


class SavedFile(Reply):
    """Where a file was saved."""

    path: str
    size_bytes: int


class MediaSeen(Reply):
    """What a file is; what does not apply is null."""

    kind: str
    size_bytes: int
    duration_seconds: float | None
    width_px: int | None
    height_px: int | None
    frames_per_second: float | None
    video_codec: str | None
    audio_codec: str | None
    sample_rate: int | None
    channel_count: int | None

    @classmethod
    def of(cls, facts: MediaFacts) -> Self:
        """The facts as a model reads them."""
        return cls.model_validate(facts)
