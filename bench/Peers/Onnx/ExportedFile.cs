using System.Diagnostics;
using System.Globalization;

namespace Graft.Peers;

/// <summary>The model of a workload as an ONNX file, written by a process of its own and deleted in the end.</summary>
internal sealed class ExportedFile : IDisposable
{
    private readonly DirectoryInfo folder;

    private ExportedFile(DirectoryInfo folder, long parameterCount) => (this.folder, ParameterCount) = (folder, parameterCount);

    /// <summary>The number of our model's parameters.</summary>
    public long ParameterCount { get; }

    /// <summary>The ONNX file.</summary>
    public string Model => Path.Combine(folder.FullName, OnnxCommand.ModelFile);

    /// <summary>The logits that ours makes of the fixed inputs.</summary>
    public string Logits => Path.Combine(folder.FullName, OnnxCommand.LogitsFile);

    public static ExportedFile Of(string workload)
    {
        var folder = TemporaryFolder();
        try
        {
            return new ExportedFile(folder, Export(workload, folder.FullName));
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static DirectoryInfo TemporaryFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory("graft-onnx-");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"no folder can be made in {Path.GetTempPath()} for the ONNX file: let TMPDIR name one that can be written to");
        }
    }

    private static long Export(string workload, string folder)
    {
        var start = SelfProcess.With(OnnxCommand.Name, workload, folder);
        start.RedirectStandardError = true;
        using var process = Process.Start(start) ?? throw new BenchmarkException("the model cannot be written as ONNX: its process does not start");
        var problems = process.StandardError.ReadToEndAsync();
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == ExitCode.Done
            ? long.Parse(answer, CultureInfo.InvariantCulture)
            : throw new BenchmarkException($"the model cannot be written as ONNX: {problems.GetAwaiter().GetResult().Trim()}");
    }
}
