// The tour's step of partners' programs, by clients generated from the documents of their own contracts.
import createClient from "openapi-fetch";
import type { paths as Learning360 } from "./learning360.js";
import type { paths as Ruangkerja } from "./ruangkerja.js";

const baseUrl = process.env["SITE"] ?? "";

function given<D>(answer: { data?: D | undefined; error?: unknown; response: Response }): NonNullable<D> {
  if (answer.error !== undefined || answer.data == null) {
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

const [client_id, client_secret] = (process.env["LEARNING360"] ?? "").split(" ");
if (!client_id || !client_secret) throw new Error("no program for learning360");
const issued = given(
  await createClient<Learning360>({ baseUrl }).POST("/api/v2/oauth2/token", {
    body: { client_id, client_secret, grant_type: "client_credentials" },
  }),
);
const programs = createClient<Learning360>({ baseUrl, headers: { Authorization: `Bearer ${issued.access_token}` } });
const [session] = given(await programs.GET("/api/v1/programs/sessions"));
if (!session) throw new Error("no session");
const ofSession = { params: { path: { ref: session._id } } };
const [user] = given(await programs.GET("/api/v1/programs/sessions/{ref}/users", ofSession));

const [clientID, clientSecret] = (process.env["RUANGKERJA"] ?? "").split(" ");
if (!clientID || !clientSecret) throw new Error("no program for ruangkerja");
const token = given(
  await createClient<Ruangkerja>({ baseUrl }).POST("/oauth/token", {
    body: { clientID, clientSecret, grantType: "client_credentials" },
  }),
);
const reader = createClient<Ruangkerja>({ baseUrl, headers: { Authorization: token.data.accessToken } });
const query = { page: 1, pageSize: 10 };
const courses = given(await reader.GET("/ruangkerja/dashboard/courses", { params: { query } }));
const [course] = courses.data.items;
if (!course) throw new Error("no course");
const ofCourse = { path: { course_serial: course.serial }, query };
const batches = given(
  await reader.GET("/ruangkerja/dashboard/courses/{course_serial}/batches", { params: ofCourse }),
);
const [batch] = batches.data.items;
if (!batch) throw new Error("no batch");
const users = given(
  await reader.GET("/ruangkerja/dashboard/courses/{course_serial}/webinar/{batch_serial}/users", {
    params: { path: { course_serial: course.serial, batch_serial: batch.serial }, query },
  }),
);
console.log(`${user?.firstName} ${user?.lastName} is ${users.data.items[0]?.user.name}`);
