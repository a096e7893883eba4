// A JSON line `[operation, parameters]` in, a JSON line with what the SDK for JavaScript tells out.
// Region, credentials and the server come from the environment, as for every program with this SDK.

const readline = require("node:readline");
const pinpoint = require("@aws-sdk/client-pinpoint");

const client = new pinpoint.PinpointClient({ maxAttempts: 1 });

async function told([operation, parameters]) {
  try {
    const { $metadata, ...value } = await client.send(
      new pinpoint[`${operation}Command`](parameters),
    );
    return { value, request_id: $metadata.requestId, status: $metadata.httpStatusCode };
  } catch (error) {
    if (!(error instanceof pinpoint.PinpointServiceException)) throw error;
    const isModelled = pinpoint[error.name] && error instanceof pinpoint[error.name];
    return {
      value: null,
      error: isModelled ? error.name : `not modelled: ${error.name}`,
      message: error.message,
      request_id: error.$metadata.requestId,
      status: error.$metadata.httpStatusCode,
    };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await told(JSON.parse(line))));
  }
})();
