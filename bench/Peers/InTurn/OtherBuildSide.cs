using System.Reflection;
using System.Runtime.Loader;
using Graft.Tensors;

namespace Graft.Peers;

/// <summary>c = a b by another build of our kernels: a <see cref="GemmSide"/> that has found that build's assembly.</summary>
internal sealed class OtherBuildSide : ISide
{
    private readonly IDisposable side;
    private readonly Func<float> run;

    public OtherBuildSide(string folder, int rows, int depth, int columns, int threads)
    {
        string file = Path.GetFullPath(Path.Combine(folder, "Graft.Tensors.dll"));
        if (!File.Exists(file)) throw new WrongInputException($"there is no {file}: name the folder of a build, such as artifacts/bin/Tensors/release");
        var type = new Other(file).LoadFromAssemblyPath(typeof(GemmSide).Assembly.Location).GetType(typeof(GemmSide).FullName!)!;
        try
        {
            side = (IDisposable)Activator.CreateInstance(type, rows, depth, columns, threads)!;
        }
        catch (TargetInvocationException exception) when (exception.InnerException is MissingMemberException or TypeLoadException)
        {
            throw new BenchmarkException($"{file} is a build of another time, which this program does not fit: {exception.InnerException.Message}");
        }
        run = type.GetMethod(nameof(Run))!.CreateDelegate<Func<float>>(side);
    }

    public long ParameterCount => 0;

    public float Run() => run();

    public void Dispose() => side.Dispose();

    /// <summary>Where this program finds the other build in place of its own.</summary>
    private sealed class Other(string file) : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name == typeof(CpuDevice).Assembly.GetName().Name ? LoadFromAssemblyPath(file) : null;
    }
}
