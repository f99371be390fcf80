// Runs a Postman collection against the server of ENDPOINT with the key of API_KEY. Every request must be sent and answered below 400: a request
// that was passed over for want of something found before shows nothing.
import newman from 'newman';

const { ENDPOINT, API_KEY } = process.env;
const [file] = process.argv.slice(2);

const done = await new Promise((resolve, reject) => {
  const options = {
    collection: file,
    envVar: [
      { key: 'endpoint', value: ENDPOINT },
      { key: 'api-key', value: API_KEY },
    ],
    timeoutRequest: 20_000,
  };
  newman.run(options, (error, summary) => (error ? reject(error) : resolve(summary)));
});

const { executions, failures, stats } = done.run;
const listed = [];
done.collection.forEachItem((item) => listed.push(item.name));
for (const { source, error } of failures) console.error(`${source?.name ?? '?'}: ${error.message}`);
for (const { item, response } of executions) {
  if (response === undefined) console.error(`${item.name}: no answer`);
  else if (response.code >= 400) console.error(`${item.name}: ${response.code} ${response.text().slice(0, 300)}`);
}
const sent = new Set(executions.map(({ item }) => item.id));
done.collection.forEachItem((item) => {
  if (!sent.has(item.id)) console.error(`${item.name}: passed over`);
});
const answered = executions.filter(({ response }) => response !== undefined && response.code < 400).length;
console.log(`${done.collection.name}: ${answered} of ${listed.length} requests answered, ${stats.assertions.total} assertions`);
if (listed.length === 0 || answered !== listed.length || failures.length > 0) process.exit(1);
