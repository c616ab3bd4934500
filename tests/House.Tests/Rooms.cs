using System.Reflection;

namespace Graft.House.Tests;

/// <summary>One assembly of the plan and what it may stand on.</summary>
/// <param name="Project">The project's folder and name below src.</param>
/// <param name="Projects">The project that it refers to; what stands further left comes with it.</param>
/// <param name="Packages">The packages that it may refer to.</param>
/// <param name="Assemblies">The assemblies, besides the base class library, that its code may name.</param>
internal sealed record Room(string Project, string[] Projects, string[] Packages, string[] Assemblies)
{
    /// <summary>The line, left to right, and beside it the rooms that stand on a package: the GPU's, and between models and tasks those of
    /// foreign formats, of fetching, of sounds and of text, and on transfer those of logs and of games.</summary>
    public static IReadOnlyList<Room> All { get; } =
    [
        new("Tensors", [], [], []),
        new("Tensors.Gpu", ["Tensors"], ["ILGPU", "ILGPU.Algorithms"], ["Graft.Tensors", "ILGPU", "ILGPU.Algorithms"]),
        new("Autograd", ["Tensors"], [], ["Graft.Tensors"]),
        new("Models", ["Autograd"], [], ["Graft.Tensors", "Graft.Autograd"]),
        new("Onnx", ["Models"], ["Google.Protobuf", "Grpc.Tools"], ["Graft.Tensors", "Graft.Autograd", "Graft.Models", "Google.Protobuf"]),
        new("Formats", ["Models"], ["Google.FlatBuffers"], ["Graft.Tensors", "Graft.Models", "Google.FlatBuffers"]),
        new(
            "Hub", ["Models"], ["NuGet.Protocol"],
            ["Graft.Models", "NuGet.Protocol", "NuGet.Packaging", "NuGet.Configuration", "NuGet.Versioning", "NuGet.Common", "NuGet.Frameworks"]),
        new("Audio", ["Models"], ["NAudio.Core"], ["Graft.Tensors", "Graft.Models", "NAudio.Core"]),
        new("Text", ["Models"], ["CsvHelper", "System.Numerics.Tensors"], ["Graft.Tensors", "Graft.Autograd", "Graft.Models", "CsvHelper"]),
        new("Transfer", ["Models"], [], ["Graft.Tensors", "Graft.Autograd", "Graft.Models"]),
        new(
            "Logging", ["Transfer"], ["Microsoft.Extensions.Logging.Abstractions"],
            ["Graft.Models", "Graft.Transfer", "Microsoft.Extensions.Logging.Abstractions"]),
        new("Reinforcement", ["Transfer"], [], ["Graft.Tensors", "Graft.Autograd", "Graft.Models", "Graft.Transfer"]),
        new(
            "Tasks", ["Transfer", "Onnx", "Formats", "Hub", "Audio", "Text"], ["Microsoft.Extensions.AI.Abstractions", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies"],
            ["Graft.Tensors", "Graft.Autograd", "Graft.Models", "Graft.Onnx", "Graft.Formats", "Graft.Hub", "Graft.Audio", "Graft.Text", "Graft.Transfer", "Microsoft.Extensions.AI.Abstractions", "SkiaSharp"]),
    ];

    /// <summary>The rooms that are free of reflection and native binaries.</summary>
    public static IReadOnlyList<Room> Core { get; } =
        [.. All.Where(room => room.Project is "Tensors" or "Autograd" or "Models" or "Transfer" or "Reinforcement")];

    public static TheoryData<string> Names => [.. All.Select(room => room.Project)];

    public static TheoryData<string> CoreNames => [.. Core.Select(room => room.Project)];

    public string AssemblyName => $"Graft.{Project}";

    public Assembly Assembly => Assembly.Load(AssemblyName);

    public static Room Of(string project) => All.Single(room => room.Project == project);
}
