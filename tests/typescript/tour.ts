// The README's tour by a generated client: from a new course to a certificate that anybody can verify.
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./lms.js";

const SITE = process.env["SITE"] ?? "";
const MAIL = process.env["MAIL_DIR"] ?? "";
const NUMBER = Date.now() % 1_000_000_000;
const DAY_MS = 86_400_000;

type Answer<D> = { data?: D | undefined; error?: unknown; response: Response };

function given<D extends { data?: unknown }>(answer: Answer<D>): NonNullable<D["data"]> {
  if (answer.error !== undefined || answer.data?.data == null) {
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data.data;
}

function done(answer: { error?: unknown; response: Response }): void {
  if (!answer.response.ok) throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
}

async function soon<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await ask();
    if (found !== undefined) return found;
    await pause(100);
  }
  throw new Error("nothing came");
}

const day = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const as = (token?: string) =>
  createClient<paths>({ baseUrl: SITE, headers: token ? { Authorization: `Bearer ${token}` } : {} });
const nobody = as();
type Client = typeof nobody;

async function followed(who: Client, id: string) {
  return soon(async () => {
    const job = given(await who.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } }));
    if (["failed", "parked", "cancelled"].includes(job.state)) throw new Error(JSON.stringify(job));
    return job.state === "done" ? job : undefined;
  });
}

const upload = (file: Blob, name: string) => ({
  bodySerializer: (body: Record<string, unknown> | undefined) => {
    const form = new FormData();
    for (const [key, value] of Object.entries(body ?? {})) {
      if (typeof value === "string") form.set(key, value);
    }
    form.set("file", file, name);
    return form;
  },
});

async function login(email: string, password: string) {
  const told = given(await nobody.POST("/api/v1/auth/login", { body: { email, password } }));
  return as(told.access_token);
}

const admin = await login(process.env["ADMIN_EMAIL"] ?? "", process.env["PASSWORD"] ?? "");
const teacher = await login(process.env["TEACHER_EMAIL"] ?? "", process.env["PASSWORD"] ?? "");
const teacherId = given(await teacher.GET("/api/v1/me")).id;

// A course with a batch, and a meeting that the teacher is to hold.
const course = given(
  await admin.POST("/api/v1/courses", {
    body: {
      title: `Brevet Pajak B ${NUMBER}`,
      short_description: "Pajak badan",
      description: "Pajak badan, dari awal",
      learning_outcomes: "Menghitung PPh badan",
      achievements: "Sertifikat",
      course_images: [{ image_url: "https://lulus.example/course.jpg" }],
    },
  }),
);
const batch = given(
  await admin.POST("/api/v1/courses/{ref}/batches", {
    params: { path: { ref: course.id } },
    body: {
      title: `Gelombang ${NUMBER}`,
      start_at: day(-20),
      end_at: day(20),
      registration_start_at: day(-30),
      registration_end_at: day(10),
      start_time: "08:00",
      end_time: "10:00",
      days: ["monday"],
      room: "A1",
      quota: 2,
      course_type: "online",
      group_types: ["umum"],
    },
  }),
);
const inBatch = { params: { path: { ref: batch.id } } };
const meeting = given(
  await admin.POST("/api/v1/batches/{ref}/meetings", {
    ...inBatch,
    body: { title: "PPh badan", type: "basic", start_at: day(-2), end_at: day(-1), is_open: true },
  }),
);
const atMeeting = { params: { path: { ref: meeting.id } } };
done(await admin.POST("/api/v1/meetings/{ref}/teachers", { ...atMeeting, body: { teacher_ids: [teacherId] } }));

// A student registers; the code comes by mail, and here mail is a file.
const email = `budi.${NUMBER}@lulus.example`;
const password = `kata sandi ${NUMBER}`;
done(
  await nobody.POST("/api/v1/auth/register", {
    body: {
      name: "Budi Santoso",
      phone: `08${NUMBER}0`,
      email,
      password,
      confirm_password: password,
      group_type: "umum",
      nik: "3201010101010001",
      institution: "Umum",
      origin: "Depok",
      address: "Jalan Margonda",
      birth_date: "2000-01-01T00:00:00Z",
    },
  }),
);
const letter = await soon(() => {
  const letters = readdirSync(MAIL).filter((name) => name.endsWith(".eml"));
  return letters.map((name) => readFileSync(`${MAIL}/${name}`, "utf8")).find((text) => text.includes(`To: ${email}`));
});
const code = /\b\d{6}\b/.exec(letter)?.[0] ?? "";
const token = /token=([\w.-]+)/.exec(letter)?.[1] ?? "";
done(await nobody.POST("/api/v1/auth/verify", { body: { token, code } }));
const student = await login(email, password);
const studentId = given(await student.GET("/api/v1/me")).id;

// A seat, the amount that only this purchase has, a picture as proof; the admin confirms.
const purchase = given(await student.POST("/api/v1/me/purchases", { body: { batch_id: batch.id } }));
const picture = new Blob([readFileSync(process.env["PICTURE"] ?? "")], { type: "image/png" });
const proof = given(
  await student.POST("/api/v1/upload/images", {
    body: { file: picture, location: "proofs" },
    ...upload(picture, "proof.png"),
  }),
);
const bought = { params: { path: { ref: purchase.id } } };
done(
  await student.PATCH("/api/v1/me/purchases/{ref}/pay", {
    ...bought,
    body: { payment_proof_url: proof, buyer_bank_account_name: "Budi", buyer_bank_account_number: "1234567890" },
  }),
);
const paid = given(
  await admin.PATCH("/api/v1/purchases/{ref}/status", { ...bought, body: { payment_status: "paid" } }),
);
if (paid.payment_status !== "paid") throw new Error(paid.payment_status);

// A quiz whose questions come as GIFT; the student answers each in the way of its kind, and a worker grades.
const quiz = given(
  await teacher.POST("/api/v1/meetings/{meeting_id}/quizzes", {
    params: { path: { meeting_id: meeting.id } },
    body: { title: "Kuis", quiz_type: "mc", duration_minute: 30, max_attempts: 2, is_open: true },
  }),
);
const ofQuiz = { params: { path: { quiz_id: quiz.id } } };
const gift = new Blob([
  "PPh badan dikenakan atas… {=laba ~omzet ~modal}\n\n",
  "Gaji karyawan dipotong PPh pasal… {=21 =dua puluh satu}\n\n",
  "Tarif umum PPN, dalam persen: {#11}\n",
]);
const brought = given(
  await teacher.POST("/api/v1/quizzes/{quiz_id}/import-questions", {
    ...ofQuiz,
    body: { file: gift },
    ...upload(gift, "quiz.gift"),
  }),
);
if (!("job_id" in brought)) throw new Error("nobody reads the questions");
await followed(teacher, brought.job_id);
const attempt = given(await student.POST("/api/v1/quizzes/{quiz_id}/start", ofQuiz));
const ofAttempt = { params: { path: { attempt_id: attempt.id } } };
const paper = given(await student.GET("/api/v1/quizzes/attempts/{attempt_id}", ofAttempt));
const [chosen, typed, counted] = paper.quiz.questions ?? [];
const option = chosen?.options[0];
if (!chosen || !typed || !counted || !option) throw new Error("questions are missing");
const answers: components["schemas"]["AnswerIn"][] = [
  { question_id: chosen.id, selected_option_id: option.id },
  { question_id: typed.id, answer: { kind: "short_text", text: "Dua Puluh Satu" } },
  { question_id: counted.id, answer: { kind: "numeric", text: "12" } },
];
for (const body of answers) {
  done(await student.POST("/api/v1/quizzes/attempts/{attempt_id}/temp-submissions", { ...ofAttempt, body }));
}
done(await student.POST("/api/v1/quizzes/attempts/{attempt_id}/submissions", ofAttempt));
const scored = (wanted: number) =>
  soon(async () => {
    const answer = await student.GET("/api/v1/quizzes/attempts/{attempt_id}/result", ofAttempt);
    return answer.data?.data?.score_percent === wanted || undefined;
  });
await scored(66.67);

// The key is mended, the attempt regraded through a preview, and the quiz analysed.
done(
  await teacher.PATCH("/api/v1/quizzes/{quiz_id}/questions/{question_id}", {
    params: { path: { quiz_id: quiz.id, question_id: counted.id } },
    body: { key: { kind: "numeric", accepted: [{ value: "12" }] } },
  }),
);
const regrade = async (query: { dry_run?: boolean; preview?: string }) => {
  const path = { quiz_id: quiz.id };
  const body = { policy: "new_key" as const, reason: "12% sejak 2025" };
  const asked = given(await teacher.POST("/api/v1/quizzes/{quiz_id}/regrade", { params: { path, query }, body }));
  return followed(teacher, asked.job_id);
};
const preview = await regrade({ dry_run: true });
await regrade({ preview: preview.id });
await scored(100);
await followed(teacher, given(await teacher.POST("/api/v1/quizzes/{quiz_id}/analysis", ofQuiz)).job_id);
const analysis = given(await teacher.GET("/api/v1/quizzes/{quiz_id}/analysis", ofQuiz));
if (analysis.questions[0]?.facility !== 1) throw new Error(JSON.stringify(analysis));

// Work is handed in and graded by hand; the sheet is bytes.
const assignment = given(
  await teacher.POST("/api/v1/meetings/{ref}/assignments", {
    ...atMeeting,
    body: { title: "Tugas", type: "essay", start_at: day(-1), end_at: day(1) },
  }),
);
const ofAssignment = { params: { path: { ref: assignment.id } } };
const submission = given(
  await student.POST("/api/v1/assignments/{ref}/submissions", {
    ...ofAssignment,
    body: { essay_text: "Pajak adalah iuran rakyat kepada negara." },
  }),
);
const sheet = await teacher.GET("/api/v1/assignments/{ref}/grades/excel", { ...ofAssignment, parseAs: "blob" });
const bytes: Blob | undefined = sheet.data;
if (!bytes || bytes.size < 1000) throw new Error("no sheet");
const graded = { params: { path: { ref: submission.id } } };
done(await teacher.PUT("/api/v1/submissions/{ref}/grade", { ...graded, body: { grade: 87.5, feedback: "Bagus" } }));

// A recording as a browser makes it becomes material; a ticket lets a <video> element seek in it.
const clip = new Blob([readFileSync(process.env["CLIP"] ?? "")], { type: "video/webm" });
const begun = given(
  await teacher.POST("/api/v1/upload/media", { body: { file: clip, location: "media" }, ...upload(clip, "clip.webm") }),
);
if (begun.job_id === null) throw new Error("nobody looks into the recording");
await followed(teacher, begun.job_id);
done(
  await teacher.POST("/api/v1/meetings/{ref}/materials", {
    ...atMeeting,
    body: { title: "Rekaman", file_id: begun.file_id },
  }),
);
const ticket = given(
  await student.POST("/api/v1/files/{file_id}/ticket", { params: { path: { file_id: begun.file_id } } }),
);
const piece = await fetch(`${SITE}${ticket.url}`, { headers: { Range: "bytes=1000-1999" } });
if (piece.status !== 206 || (await piece.blob()).size !== 1000) throw new Error(`no piece: ${piece.status}`);

// Attendance, the gradebook, the end of the batch, the certificate, and anybody who verifies it.
done(
  await teacher.PUT("/api/v1/batches/{ref}/attendances/bulk", {
    ...inBatch,
    body: { attendances: [{ user_id: studentId, meeting_id: meeting.id, is_present: true }] },
  }),
);
const book = await teacher.GET("/api/v1/batches/{ref}/gradebook", {
  params: { path: { ref: batch.slug }, query: { format: "csv" } },
  parseAs: "text",
});
if (!String(book.data).includes("Budi Santoso,,")) throw new Error(`no gradebook: ${String(book.data)}`);
const ofBatch = { params: { path: { batch_id: batch.id } } };
const ask = () => student.GET("/api/v1/me/batches/{batch_id}/certificate/eligibility", ofBatch);
const eligibility: components["schemas"]["EligibilityOut"] = given(await ask());
if (eligibility.eligible) throw new Error("the batch is not over");
done(
  await admin.PUT("/api/v1/batches/{ref}", { ...inBatch, body: { registration_end_at: day(-9), end_at: day(-2) } }),
);
done(await student.POST("/api/v1/me/batches/{batch_id}/certificate", ofBatch));
const certificate = await soon(async () => {
  const found = await student.GET("/api/v1/me/batches/{batch_id}/certificate", ofBatch);
  return found.data?.data?.status === "valid" ? found.data.data : undefined;
});
const pdf = await student.GET("/api/v1/certificates/{certificate_id}/pdf", {
  params: { path: { certificate_id: certificate.id } },
  parseAs: "blob",
});
const file: Blob | undefined = pdf.data;
if ((await file?.slice(0, 4).text()) !== "%PDF") throw new Error(`no PDF: ${pdf.response.status}`);
const badge = await student.GET("/api/v1/certificates/{certificate_id}/badge", {
  params: { path: { certificate_id: certificate.id } },
  parseAs: "text",
});
if (String(badge.data).split(".").length !== 3) throw new Error(`no badge: ${badge.response.status}`);
const shown = given(
  await nobody.GET("/api/v1/certificates/number/{number}", { params: { path: { number: certificate.number } } }),
);
console.log(shown.status);
