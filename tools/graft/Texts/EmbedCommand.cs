using System.CommandLine;
using System.Diagnostics;
using Graft.Tasks;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>graft embed</c>: the embeddings of texts, as an archive or an index to search.</summary>
internal static class EmbedCommand
{
    public static Command Make()
    {
        var command = new Command(
            "embed", "Writes the embeddings of texts: a NumPy archive (.npz) with 'embeddings' [N, E], or safetensors that graft neighbours searches.");
        var model = new ModelOptions(command, ofTexts: true);
        var data = Options.FilePath("--data", "FILE", "The texts: .txt with one a line, or a column of .csv, .tsv or .jsonl.", required: true);
        var target = Options.FilePath("--out", "FILE.npz|FILE.safetensors", "The file to write.", required: true);
        command.Add(data);
        command.Add(target);
        var columns = new TextData(command, hasLabels: false, hasPairs: false);
        var pooling = new PoolingOptions(command);
        var prompt = new Option<string?>("--prompt") { Description = "The name of what the model puts before such texts: query, passage ...", HelpName = "NAME" };
        command.Add(prompt);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            string file = parsed.GetRequiredValue(data), path = parsed.GetRequiredValue(target);
            if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
            bool isArchive = path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);
            if (!isArchive && !path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
                throw new WrongInputException($"--out {Printable.Whole(path)}: its name has to end in .npz or .safetensors, which says what it is");
            var place = OutputFile.Prepare("--out", path);
            using var where = device.Open(parsed);
            using var embedder = TextEmbedder.FromPretrained(model.TextFolder(parsed, interrupt), pooling.Read(parsed), where.Device);
            string[] texts = [.. columns.Texts(file, parsed).Select(static text => text.Text)];
            if (texts.Length == 0) throw new WrongInputException($"--data {Printable.Whole(file)} has no text");
            var clock = Stopwatch.StartNew();
            var vectors = new float[texts.Length * embedder.Dimensions];
            int done = 0;
            ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
            {
                var count = display.Count(texts.Length, "text");
                foreach (float[] vector in embedder.Embed(texts, parsed.GetValue(prompt), interrupt))
                {
                    vector.CopyTo(vectors, done++ * vector.Length);
                    count();
                }
                return done;
            });
            double seconds = clock.Elapsed.TotalSeconds;
            var (to, problem) = place.Save(isArchive
                ? name => NumpyWriter.WriteArchive(name, [TensorEntry.From("embeddings", [texts.Length, embedder.Dimensions], vectors)], cancellation: interrupt)
                : name => WriteIndex(name, texts, vectors, embedder.Dimensions));

            var shell = parsed.InvocationConfiguration;
            if (!parsed.GetValue(json)) shell.Output.WriteLine($"{Printable.Whole(to)}: embeddings [{texts.Length}, {embedder.Dimensions}], {Tables.Seconds(seconds)}");
            else
            {
                JsonOutput.Write(shell.Output, writer =>
                {
                    writer.WriteString("model", embedder.Model.Name);
                    writer.WriteString("data", file);
                    writer.WriteString("out", to);
                    writer.WriteNumber("examples", texts.Length);
                    writer.WriteNumber("dimensions", embedder.Dimensions);
                    writer.WriteFigure("seconds", seconds);
                });
            }
            return Task.FromResult(SavePlace.Tell(shell.Error, problem));
        });
        return command;
    }

    /// <summary>An index whose keys are the texts; one that is there twice is kept once.</summary>
    private static void WriteIndex(string path, string[] texts, float[] vectors, int dimensions)
    {
        var index = new VectorIndex(dimensions);
        for (int text = 0; text < texts.Length; text++)
            if (index.IndexOf(texts[text]) < 0) index.Add(texts[text], vectors.AsSpan(text * dimensions, dimensions));
        index.Save(path);
    }
}
