using System.Runtime.InteropServices;

namespace Graft.Peers;

/// <summary>c = a b by the system's OpenBLAS, where one is installed: a [M, K], b [K, N].</summary>
internal sealed unsafe partial class OpenBlasSide : ISide
{
    private const string Library = "libopenblas.so.0";

    // cblas.h
    private const int RowMajor = 101, NoTranspose = 111;

    private readonly int rows, depth, columns;
    private readonly float[] a, b, c;

    public OpenBlasSide(int rows, int depth, int columns, int threads)
    {
        (this.rows, this.depth, this.columns) = (rows, depth, columns);
        try
        {
            SetThreads(threads);
            Kernel = $"{Marshal.PtrToStringUTF8(Configuration())} on {Marshal.PtrToStringUTF8(CoreName())}";
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new PeerMissingException($"there is no {Library} (Debian's libopenblas0-pthread): run with --without {WorkloadTable.OpenBlas}");
        }
        (a, b, c) = (Inputs.Uniform("a", (long)rows * depth), Inputs.Uniform("b", (long)depth * columns), new float[(long)rows * columns]);
    }

    public long ParameterCount => 0;

    public string? Kernel { get; }

    public float Run()
    {
        fixed (float* left = a, right = b, to = c) Multiply(RowMajor, NoTranspose, NoTranspose, rows, columns, depth, 1, left, depth, right, columns, 0, to, columns);
        return c[0];
    }

    public void Dispose()
    {
    }

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Multiply(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    private static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "openblas_get_config")]
    private static partial nint Configuration();

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    private static partial nint CoreName();
}
