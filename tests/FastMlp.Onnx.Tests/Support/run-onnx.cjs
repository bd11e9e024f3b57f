// Runs models by ONNX Runtime. Arguments: the package's folder, and a JSON file with a list of
// { model, input, columns, output, name }: input holds float32 rows of so many columns, output takes what the model's output
// of that name (or its only one) answers.
const fs = require('fs');
const [, , folder, jobs] = process.argv;
const ort = require(folder);

(async () => {
  for (const job of JSON.parse(fs.readFileSync(jobs, 'utf8'))) {
    const bytes = fs.readFileSync(job.input);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const session = await ort.InferenceSession.create(job.model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const dims = [values.length / job.columns, job.columns];
    const name = job.name || session.outputNames[0];
    const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', values, dims) }, [name]);
    const data = results[name].data;
    fs.writeFileSync(job.output, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
