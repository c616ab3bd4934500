using Microsoft.AspNetCore.Http.HttpResults;

namespace Graft.Samples.Embedding;

/// <summary>Starts, shows and cancels fine-tunings.</summary>
internal static class FineTuneEndpoints
{
    public static void MapFineTuning(this WebApplication app)
    {
        app.MapPost("/fine-tune", Start);
        app.MapGet("/fine-tune/{id}", Show);
        app.MapDelete("/fine-tune/{id}", Cancel);
    }

    private static Results<Accepted<FineTuneStatus>, ProblemHttpResult> Start(FineTuneRequest request, FineTuneWorker worker, ClassifierSource source)
    {
        string root = Path.TrimEndingDirectorySeparator(source.TrainingRoot) + Path.DirectorySeparatorChar;
        string folder = Path.GetFullPath(Path.Combine(root, request.Folder ?? ""));
        if (!folder.StartsWith(root, StringComparison.Ordinal) || !Directory.Exists(folder))
            return Refused(StatusCodes.Status400BadRequest, "name in 'folder' a folder of pictures below the server's training root, a sub-folder a class");
        if (request.Epochs < 1 || !(request.HeldOut is >= 0 and < 1))
            return Refused(StatusCodes.Status400BadRequest, "'epochs' is 1 or more, and 'heldOut' lies in [0, 1)");
        if (!worker.TryStart(folder, request, out var job))
            return Refused(StatusCodes.Status409Conflict, $"the fine-tuning {job.Id} is running: wait for it or cancel it");
        return TypedResults.Accepted($"/fine-tune/{job.Id}", job.Status);
    }

    private static Results<Ok<FineTuneStatus>, NotFound> Show(string id, FineTuneWorker worker) =>
        worker.Find(id) is { } job ? TypedResults.Ok(job.Status) : TypedResults.NotFound();

    private static Results<Accepted<FineTuneStatus>, NotFound> Cancel(string id, FineTuneWorker worker) =>
        worker.Cancel(id) is { } job ? TypedResults.Accepted($"/fine-tune/{id}", job.Status) : TypedResults.NotFound();

    private static ProblemHttpResult Refused(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
