namespace Graft.Peers;

/// <summary>Work that several libraries can do.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Operations">Floating-point operations of one piece of work, a multiply-add counting as two.</param>
/// <param name="Repeats">How many pieces are timed at once, so that a short one is not lost in the clock and in waking up.</param>
/// <param name="Sides">Who can do it, by name; <see cref="Ours"/> first.</param>
/// <param name="Onnx">Our model as an ONNX file, where a side reads one.</param>
/// <param name="Bytes">What one piece of work has to read from memory, where that sets its pace; else 0.</param>
internal sealed record Workload(
    string Name, double Operations, int Repeats, IReadOnlyList<WorkloadSide> Sides, IOnnxModel? Onnx = null, double Bytes = 0)
{
    public const string Ours = "graft";

    public IEnumerable<string> Peers => Sides.Select(side => side.Name).Where(name => name != Ours);

    public SideFactory Side(string name) =>
        Sides.FirstOrDefault(side => side.Name == name)?.Make
        ?? throw new WrongInputException($"'{Name}' has no side '{name}'; it has {string.Join(", ", Sides.Select(side => side.Name))}");
}

/// <summary>A library's way to do a workload.</summary>
/// <param name="Name">The library.</param>
/// <param name="Make">Makes it, in a process of this program; null for what another program does.</param>
/// <param name="Script">What <c>pytorch.py</c> is told where that is the other program.</param>
/// <param name="Build">This program of another build of Graft, whose own side it is; else null.</param>
internal sealed record WorkloadSide(string Name, SideFactory? Make, IReadOnlyList<string>? Script = null, string? Build = null)
{
    /// <summary>Our side as another build of this program has it.</summary>
    /// <param name="folder">Where that build's program lies.</param>
    public static WorkloadSide Of(string folder)
    {
        string program = Path.GetFullPath(Path.Combine(folder, Path.GetFileName(typeof(WorkloadSide).Assembly.Location)));
        return File.Exists(program) ? new WorkloadSide(folder, Make: null, Build: program) : throw new WrongInputException($"there is no {program}: name the folder of another build of bench/Peers");
    }
}
