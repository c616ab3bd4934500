using System.CommandLine;

namespace Graft.CommandLine;

/// <summary><c>graft models</c>: the architectures that there are.</summary>
internal static class ModelsCommand
{
    public static Command Make()
    {
        var json = Options.Json();
        var command = new Command("models", "Lists the architectures: parameters, classes, picture size, stages.") { json };
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) WriteJson(output);
            else WriteTable(output);
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(TextWriter output) => JsonOutput.Write(output, json =>
    {
        json.WriteStartArray("models");
        foreach (var row in Rows())
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
    });

    private static void WriteTable(TextWriter output) => Tables.Write(
        output, ["model", "parameters", "classes", "pictures", "stages"],
        Rows().Select(row => (IReadOnlyList<string>)
            [row.Name, Tables.Count(row.Parameters), Tables.Count(row.Classes), row.Size.ToString(), string.Join(", ", row.Stages)]));

    // parameters are made when they are first used, so a model costs nothing
    private static IEnumerable<Row> Rows() =>
        from name in ModelRegistry.Names
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
