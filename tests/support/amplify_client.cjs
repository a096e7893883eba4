// A guest of an app with Amplify v6, who then signs in. Prints each call of Pinpoint with its status.
// The calls go to the server in AWS_ENDPOINT_URL_PINPOINT, a variable that Amplify does not know.

const { Amplify } = require("@aws-amplify/core");
const { flushEvents, identifyUser, record } = require("@aws-amplify/analytics");

const server = process.env.AWS_ENDPOINT_URL_PINPOINT;
const callPinpoint = globalThis.fetch;

let finish;
const finished = new Promise((resolve) => (finish = resolve));

// Amplify sends events in the background, and says nothing when they have arrived.
globalThis.fetch = async (url, options) => {
  const { pathname, search } = new URL(url);
  const response = await callPinpoint(`${server}${pathname}${search}`, options);
  console.log(options.method, pathname.split("/")[4], response.status);
  if (pathname.endsWith("/events")) finish();
  return response;
};

Amplify.configure(
  { Analytics: { Pinpoint: { appId: "shop", region: "us-east-1", flushInterval: 100 } } },
  {
    Auth: {
      credentialsProvider: {
        getCredentialsAndIdentityId: async () => ({
          credentials: { accessKeyId: "guest", secretAccessKey: "guest" },
          identityId: "us-east-1:guest",
        }),
        clearCredentialsAndIdentityId: () => {},
      },
    },
  },
);

(async () => {
  record({ name: "opened", attributes: { page: "start" }, metrics: { seconds: 9 } });
  await finished;
  await identifyUser({
    userId: "ada",
    userProfile: { email: "ada@example.com", metrics: { visits: 1 } },
    options: { userAttributes: { plan: ["free"] } },
  });
  process.exit(0);
})();
