using System.CommandLine;

namespace Graft.CommandLine;

/// <summary><c>graft models [SEARCH]</c>: the architectures that there are, and the weights that are published of them.</summary>
internal static class ModelsCommand
{
    public static Command Make()
    {
        var search = new Argument<string>("SEARCH")
        {
            Description = "Only those in whose name, architecture, source, data or licence this text occurs.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = Options.Json();
        var command = new Command("models", "Lists the architectures (parameters, classes, picture size, stages) and published weights.") { search, json };
        // no name begins so: it is an option that there is not
        search.Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: ['-', ..] option }, ..]) return;
            string? near = NearName.Find(option, [json.Name]);
            result.AddError($"there is no option '{Printable.Whole(option)}'{(near is null ? "" : $"; did you mean {near}?")}");
        });
        command.SetAction(parsed =>
        {
            string text = parsed.GetValue(search) ?? "";
            string[] names = [.. ModelRegistry.Names.Where(name => name.Contains(text, StringComparison.OrdinalIgnoreCase))];
            PublishedWeights[] weights = [.. PublishedModels.Search(text)];
            if (names.Length + weights.Length == 0)
            {
                var known = ModelRegistry.Names.Concat(PublishedModels.All.Select(static row => row.Name));
                throw new WrongInputException($"'{Printable.Whole(text)}' occurs in no architecture and no published weights{NearName.Hint(text, known)}");
            }
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) WriteJson(output, names, weights);
            else WriteTables(output, names, weights);
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(TextWriter output, string[] names, PublishedWeights[] weights) => JsonOutput.Write(output, json =>
    {
        json.WriteStartArray("models");
        foreach (var row in Rows(names))
        {
            json.WriteStartObject();
            json.WriteString("name", row.Name);
            json.WriteNumber("parameters", row.Parameters);
            json.WriteNumber("classes", row.Classes);
            json.WriteStartArray("inputSize");
            json.WriteNumberValue(row.Size.Height);
            json.WriteNumberValue(row.Size.Width);
            json.WriteEndArray();
            json.WriteTexts("stages", row.Stages);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (var row in weights)
        {
            json.WriteStartObject();
            json.WriteWeights(row);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static void WriteTables(TextWriter output, string[] names, PublishedWeights[] weights)
    {
        if (names.Length > 0)
            Tables.Write(
                output, ["model", "parameters", "classes", "pictures", "stages"],
                Rows(names).Select(row => (IReadOnlyList<string>)
                    [row.Name, Tables.Count(row.Parameters), Tables.Count(row.Classes), row.Size.ToString(), string.Join(", ", row.Stages)]));
        if (weights.Length > 0) Tables.Write(output, PublishedRows.Headings, weights.Select(PublishedRows.Cells));
    }

    // parameters are made when they are first used, so a model costs nothing
    private static IEnumerable<Row> Rows(string[] names) =>
        from name in names
        let model = ModelRegistry.Create(name)
        let pretrained = ModelRegistry.Pretrained(name)
        select new Row(
            name,
            model.Parameters().Sum(parameter => parameter.Shape.ElementCount),
            pretrained.Classes,
            pretrained.Preprocessing.OutputSize!.Value,
            [.. model.Stages.Select(stage => stage.Name)]);

    private sealed record Row(string Name, long Parameters, int Classes, ImageSize Size, string[] Stages);
}
