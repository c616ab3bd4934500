using System.CommandLine;
using System.Globalization;
using Graft.Tasks;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>graft neighbours</c>: the texts of an index that mean most nearly what a text means, or the words nearest to a word.</summary>
internal static class NeighboursCommand
{
    private const int DefaultTop = 10;

    public static Command Make()
    {
        var command = new Command(
            "neighbours",
            "Finds the texts of an index (graft embed --out FILE.safetensors) that are nearest to a text, "
            + "or the words of a file of word vectors that are nearest to a word.");
        var texts = new Argument<string[]>("TEXT") { Description = "The texts, or with --vectors the words, to find neighbours of.", Arity = ArgumentArity.ZeroOrMore };
        command.Add(texts);
        var words = new WordNeighbours(command);
        var model = new ModelOptions(command, instead: "--vectors", ofTexts: true);
        var index = Options.FilePath("--index", "FILE.safetensors", "The index; required with --model.");
        command.Add(index);
        var top = Options.WholeNumber("--top", "How many neighbours of each text.", 1, DefaultTop);
        command.Add(top);
        var pooling = new PoolingOptions(command);
        var prompt = new Option<string?>("--prompt") { Description = "The name of what the model puts before such texts: query ...", HelpName = "NAME" };
        command.Add(prompt);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            string[] asked = parsed.GetValue(texts) ?? [];
            if (words.IsAsked(parsed))
            {
                string? other = model.Given(parsed) ?? new Option[] { index, prompt }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;
                return other is null ? Task.FromResult(words.Run(asked, parsed.GetValue(top), parsed.GetValue(json), parsed))
                    : throw new WrongInputException($"{other} is for texts: leave it out with --vectors");
            }
            words.RequireNone(parsed);
            if (asked.Length == 0) throw new WrongInputException("there is no text to find neighbours of: give one");
            var known = VectorIndex.Load(parsed.GetValue(index)
                ?? throw new WrongInputException("--index is required: give the file of graft embed, or a file of word vectors with --vectors"));
            using var where = device.Open(parsed);
            using var embedder = TextEmbedder.FromPretrained(model.TextFolder(parsed, interrupt), pooling.Read(parsed), where.Device);
            if (embedder.Dimensions != known.Dimension)
                throw new WrongInputException($"the index has {known.Dimension} numbers a text and {embedder.Model.Name} gives {embedder.Dimensions}: it was made by another model");
            var output = parsed.InvocationConfiguration.Output;
            foreach (var (text, vector) in asked.Zip(embedder.Embed(asked, parsed.GetValue(prompt), interrupt)))
            {
                var found = known.Search(vector, parsed.GetValue(top));
                if (parsed.GetValue(json))
                {
                    JsonOutput.Write(output, writer =>
                    {
                        writer.WriteString("text", text);
                        writer.WriteStartArray("neighbours");
                        foreach (var match in found)
                        {
                            writer.WriteStartObject();
                            writer.WriteString("text", match.Key);
                            writer.WriteFigure("score", match.Score);
                            writer.WriteEndObject();
                        }
                        writer.WriteEndArray();
                    });
                    continue;
                }
                if (asked.Length > 1) output.WriteLine(Printable.Text(text));
                foreach (var match in found) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{match.Score:0.000}  {Printable.Text(match.Key)}"));
            }
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
