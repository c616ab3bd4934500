using Graft.Models;
using Graft.Samples.Embedding;
using Graft.Tasks;

try
{
    await EmbeddingApp.Create(args).RunAsync();
    return 0;
}
catch (Exception exception) when (exception is CheckpointException or ImageException or ArgumentException)
{
    // a classifier that cannot be made is told of in one line, before the first request
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}
