using System.CommandLine;
using System.Globalization;

namespace Graft.Peers;

/// <summary><c>bench products</c>: products of matrices by this build, by others and at the roof, call by call in one process. What a shared host does to one it does to all of them, so
/// that versions can be told apart which runs of their own cannot.</summary>
internal static class ProductsCommand
{
    private const string Usual = "256x256x256,1024x1024x1024,1024x768x3072";

    public static Command Make()
    {
        var threads = CommonOptions.Threads();
        var shapes = new Option<string>("--shapes") { Description = "Rows x depth x columns of each product.", HelpName = "MxKxN,...", DefaultValueFactory = static _ => Usual };
        var against = new Option<string[]>("--against") { Description = "The folder of another build's Graft.Tensors.dll; may be given several times.", HelpName = "DIR" };
        var seconds = new Option<double>("--seconds") { Description = "How long each product is measured.", DefaultValueFactory = static _ => 15 };
        var withoutBlas = new Option<bool>("--without-openblas") { Description = "Leave the system's OpenBLAS out." };
        var command = new Command("products", "Runs products by this build, other builds, OpenBLAS and at the roof of multiply-adds in turn, in one process.")
        {
            threads, shapes, against, seconds, withoutBlas,
        };
        command.SetAction((parsed, interrupt) =>
        {
            int count = CommonOptions.ThreadsOf(parsed, threads);
            double time = parsed.GetValue(seconds) is var given and > 0 ? given : throw new WrongInputException("--seconds has to be above 0");
            foreach (var (rows, depth, columns) in Shapes(parsed.GetValue(shapes)!))
            {
                using var turns = new Turns();
                turns.Add("graft", new GemmSide(rows, depth, columns, count));
                foreach (string folder in parsed.GetValue(against) ?? []) turns.Add(folder, new OtherBuildSide(folder, rows, depth, columns, count));
                if (!parsed.GetValue(withoutBlas)) turns.Add("openblas", new OpenBlasSide(rows, depth, columns, count));
                turns.Add("roof", new RoofSide(2.0 * rows * depth * columns, count));
                turns.Run(TimeSpan.FromSeconds(time), interrupt);
                turns.Write(parsed.InvocationConfiguration.Output, $"{rows} x {depth} x {columns}, threads: {count}", 2.0 * rows * depth * columns);
            }
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static List<(int Rows, int Depth, int Columns)> Shapes(string text)
    {
        var shapes = new List<(int, int, int)>();
        foreach (string one in text.Split(','))
        {
            int[] lengths = [.. one.Split('x').Select(static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : 0)];
            if (lengths is not [> 0 and var rows, > 0 and var depth, > 0 and var columns]) throw new WrongInputException($"'{one}' is no product: give rows x depth x columns, as 1024x768x3072");
            shapes.Add((rows, depth, columns));
        }
        return shapes;
    }
}
