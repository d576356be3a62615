"""Scenes for contract 2.2 and 2.4 to 2.6: files, courses and batches."""

from backend.domain.courses import commands as courses
from backend.domain.courses.terms import NewCourse
from tests.dialects.lms.stage import Stage
from tests.dialects.lms.test_uploads import PDF, picture
from tests.school import a_batch


async def files_are_at_hand(stage: Stage) -> None:
    """Something to upload: `{a_pdf}`, `{a_picture}`."""
    stage.values |= {"a_pdf": PDF, "a_picture": picture()}


async def a_file_of_the_student(stage: Stage) -> None:
    """The student has uploaded a document that nothing refers to: `{uploaded}`, its address."""
    sent = {"file": ("Makalah.pdf", PDF)}
    answer = await stage.parts["student"].post("/api/v1/upload/documents", files=sent, data={"location": "docs"})
    stage.values["uploaded"] = answer.json()["data"]


async def a_course_with_pictures(stage: Stage) -> None:
    """A course without batches: `{new_course}`."""
    made = await courses.create_course(
        stage.world.admin.actor,
        NewCourse(
            title="Pajak Dasar",
            short_description="Singkat",
            description="Panjang",
            learning_outcomes="Hasil",
            achievements="Capaian",
            images=("https://example.test/satu.png", "https://example.test/dua.png"),
        ),
    )
    stage.values["new_course"] = str(made.uuid)


async def a_batch_without_anybody(stage: Stage) -> None:
    """A batch that nobody has bought: `{new_batch}`."""
    made = await a_batch(course=stage.world.here.course)
    stage.values["new_batch"] = str(made.uuid)


SCENES = {
    scene.__name__: scene
    for scene in (files_are_at_hand, a_file_of_the_student, a_course_with_pictures, a_batch_without_anybody)
}
