// A model behind HTTP: POST the columns of a row to /predict as a JSON object, and get the answer back as one.
//   dotnet run -c Release --project examples/Service -- model.safetensors
//   curl -H 'Content-Type: application/json' -d '{"x":1.5,"y":-0.2}' localhost:5000/predict
using System.Text.Json;
using FastMlp.Data;
using FastMlp.Examples;

if (args is not [string path, ..])
{
    Console.Error.WriteLine("Give the model's file, as fastmlp train wrote it.");
    return 2;
}

using RowPredictor model = RowPredictor.Load(path);
WebApplication app = WebApplication.Create(args[1..]);

app.MapGet("/columns", () => model.Columns);
app.MapPost("/predict", (Dictionary<string, JsonElement> row) =>
{
    try
    {
        return Results.Ok(model.Predict(row));
    }
    catch (DataFormatException exception)
    {
        // The row is at fault, and the message says how.
        return Results.BadRequest(new Dictionary<string, string> { ["error"] = exception.Message });
    }
});
app.Run();
return 0;
