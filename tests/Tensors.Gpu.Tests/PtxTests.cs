using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.IL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace Graft.Tensors.Gpu.Tests;

/// <summary>Every kernel as a card would get it: compiled to PTX with no card and no driver.</summary>
public sealed partial class PtxTests(PtxTests.Compilers compilers) : IClassFixture<PtxTests.Compilers>
{
    public static TheoryData<int> Architectures => [80, 90];

    [Theory, MemberData(nameof(Architectures))]
    public void Every_kernel_compiles_without_calls_or_local_memory(int architecture)
    {
        var compiler = compilers.For(architecture);
        var failures = new StringBuilder();
        int count = 0;
        foreach (var kernel in KernelCatalogue.Closed)
        {
            count++;
            string ptx = compiler.Compile(kernel);
            // ILGPU names the oldest target that has all it uses; a driver compiles that for a newer card
            Expect(int.Parse(Target().Match(ptx).Groups[1].Value, CultureInfo.InvariantCulture) <= architecture, "is for newer cards");
            string body = ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..];
            Expect(!Call().IsMatch(body), "calls a function");
            Expect(!ptx.Contains(".extern", StringComparison.Ordinal), "needs a function from outside");
            Expect(!body.Contains(".local", StringComparison.Ordinal), "uses local memory");
            Expect(!GenericAccess().IsMatch(body), "reads or writes through generic addresses");
            Expect(!body.Contains(".f64", StringComparison.Ordinal), "computes in double precision");
            Expect(!Atomic().IsMatch(body), "uses atomics, whose order is not fixed");

            void Expect(bool holds, string what)
            {
                if (!holds) failures.Append("\n  ").Append(NameOf(kernel)).Append(' ').Append(what);
            }
        }
        Assert.True(count > 80, $"only {count} kernels were found");
        Assert.True(failures.Length == 0, failures.ToString());
    }

    [Fact]
    public void Arguments_arrive_as_long_as_the_kernel_reads_them()
    {
        // what a launch on a card passes: ILGPU lays the kernel's fields out a second time, in a type that it emits
        var compiler = compilers.For(80);
        foreach (var kernel in KernelCatalogue.Closed)
        {
            int passed = compiler.ArgumentBytes(kernel);
            int read = int.Parse(KernelParameter().Match(compiler.Compile(kernel)).Groups[1].Value, CultureInfo.InvariantCulture);
            if (typeof(IElementKernel).IsAssignableFrom(kernel)) read += sizeof(int);
            Assert.True(read == passed, $"{NameOf(kernel)} reads {read} bytes, a launch passes {passed}");
        }
    }

    [Fact]
    public void Every_factor_output_and_list_of_terms_is_compiled()
    {
        Type[] parts =
        [
            // attention's kernels make this factor themselves
            .. KernelCatalogue.Implementing(typeof(IFactor)).Except([typeof(HeadFactor)]), .. KernelCatalogue.Implementing(typeof(IProductOutput)),
            .. KernelCatalogue.Implementing(typeof(ITerms)), .. KernelCatalogue.Kernels,
        ];
        var compiled = KernelCatalogue.Closed.SelectMany(kernel => kernel.GetGenericArguments().Append(kernel))
            .Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type).ToHashSet();
        Assert.Empty(parts.Except(compiled));
    }

    [Fact]
    public void Formulas_compare_in_order_so_that_NaN_is_never_greater()
    {
        var compiler = compilers.For(80);
        // ILGPU's own comparison of a constant with a number holds for NaN: none may be left in a formula
        foreach (var kernel in KernelCatalogue.Closed.Where(IsFormula))
        {
            foreach (Match comparison in FloatComparison().Matches(compiler.Compile(kernel)))
                Assert.True(comparison.Value == "setp.gt.f32", $"{NameOf(kernel)} has {comparison.Value}");
        }

        static bool IsFormula(Type kernel) => kernel.IsGenericType || kernel == typeof(SoftmaxKernel) || kernel == typeof(MaxPoolKernel);
    }

    [Fact]
    public void Multiply_adds_of_a_formula_are_fused()
    {
        var compiler = compilers.For(80);
        Assert.Contains("fma.rn.f32", compiler.Compile(typeof(MapKernel<Exponential>)), StringComparison.Ordinal);
        Assert.Contains("fma.rn.f32", compiler.Compile(typeof(ZipKernel<AddScaled>)), StringComparison.Ordinal);
    }

    [Fact]
    public void Square_roots_and_quotients_are_rounded_as_on_the_CPU()
    {
        var compiler = compilers.For(80);
        Assert.Contains("sqrt.rn.f32", compiler.Compile(typeof(MapKernel<SquareRoot>)), StringComparison.Ordinal);
        Assert.Contains("div.rn.f32", compiler.Compile(typeof(ZipKernel<Divide>)), StringComparison.Ordinal);
        foreach (var kernel in KernelCatalogue.Closed)
            Assert.DoesNotMatch(@"\.(approx|ftz)\b", compiler.Compile(kernel));
    }

    [Fact]
    public void Products_keep_their_sums_in_registers()
    {
        var compiler = compilers.For(80);
        string ptx = compiler.Compile(typeof(ProductKernel<MatrixFactor, MatrixFactor, GemmOutput<NoEpilogue>, Tile128>));
        // a step of the inner loop: 64 multiply-adds of 16 numbers that are read in fours
        Assert.Equal(0, Regex.Count(ptx, "fma.rn.f32") % 64);
        Assert.Equal(Regex.Count(ptx, "fma.rn.f32") / 64 * 4, Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
        Assert.Single(Regex.Matches(ptx, @"^\s*\.shared", RegexOptions.Multiline));
    }

    [Theory]
    [InlineData(typeof(TensorFloat32), "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", "cvt.rna.tf32.f32")]
    [InlineData(typeof(BrainFloat16), "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "cvt.rn.bf16x2.f32")]
    public void Tensor_cores_multiply_what_is_rounded_for_them(Type format, string multiplyAdd, string round)
    {
        string ptx = compilers.For(80).Compile(typeof(TensorProductKernel<,,,>).MakeGenericType(typeof(MatrixFactor), typeof(MatrixFactor), typeof(GemmOutput<NoEpilogue>), format));
        // a warp's step: 4 x 4 fragments, of four rows' with four words each and four columns' with two; sums are of the format's own registers
        int steps = Regex.Count(ptx, Regex.Escape(multiplyAdd)) / 16;
        Assert.True(steps >= 1 && Regex.Count(ptx, @"mma\.") == 16 * steps, $"{Regex.Count(ptx, @"mma\.")} instructions");
        Assert.Equal(24 * steps, Regex.Count(ptx, @"ld\.shared\.\w+"));
        Assert.Matches(Regex.Escape(multiplyAdd) + @"\s+\{%f\d+, ?%f\d+, ?%f\d+, ?%f\d+\}, \{%r\d+, ?%r\d+, ?%r\d+, ?%r\d+\}, \{%r\d+, ?%r\d+\}, \{%f\d+, ?%f\d+, ?%f\d+, ?%f\d+\};", ptx);
        // eight words a thread and factor, before the first panel and for each next
        Assert.Equal(32, Regex.Count(ptx, Regex.Escape(round)));
        Assert.DoesNotContain("fma.rn.f32", ptx, StringComparison.Ordinal);
    }

    [Fact]
    public void Attention_keeps_its_scores_on_the_chip()
    {
        var compiler = compilers.For(80);
        // products of tiles: the scores, in backward dy v as well, and what is summed; forward brings eight rows of sums to a new maximum besides
        Expect(typeof(TiledAttentionKernel<Tile64>), products: 2, otherFours: 2);
        Expect(typeof(TiledAttentionGradientKernel<QueryGradient, Tile64>), products: 3);
        Expect(typeof(TiledAttentionGradientKernel<KeyGradient, Tile64>), products: 3);
        Expect(typeof(TiledAttentionGradientKernel<ValueGradient, Tile64>), products: 2);

        void Expect(Type kernel, int products, int otherFours = 0)
        {
            string ptx = compiler.Compile(kernel);
            Assert.Equal(4 * products + otherFours, Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
            Assert.True(Regex.Count(ptx, "fma.rn.f32") >= 64 * products, NameOf(kernel));
            Assert.Single(Regex.Matches(ptx, @"^\s*\.shared", RegexOptions.Multiline));
        }
    }

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;

    [GeneratedRegex(@"^\s*(@\S+\s+)?call\b", RegexOptions.Multiline)]
    private static partial Regex Call();

    [GeneratedRegex(@"\.param \.align \d+ \.b8 _kernel_\d+\[(\d+)\]")]
    private static partial Regex KernelParameter();

    [GeneratedRegex(@"^\.target sm_(\d+)", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"\b(ld|st)\.(v[24]\.)?[fbus]\d")]
    private static partial Regex GenericAccess();

    [GeneratedRegex(@"\b(atom|red)\.")]
    private static partial Regex Atomic();

    [GeneratedRegex(@"setp\.\w+\.f32")]
    private static partial Regex FloatComparison();

    /// <summary>A compiler for each architecture. A large product takes it a second: it compiles each kernel once for all tests.</summary>
    public sealed class Compilers : IDisposable
    {
        private readonly ConcurrentDictionary<int, Compiler> made = new();

        internal Compiler For(int architecture) => made.GetOrAdd(architecture, static architecture => new Compiler(architecture));

        public void Dispose()
        {
            foreach (var compiler in made.Values) compiler.Dispose();
        }
    }

    /// <summary>ILGPU's PTX backend by itself.</summary>
    internal sealed class Compiler : IDisposable
    {
        private readonly ConcurrentDictionary<Type, string> compiled = new();
        private readonly Context context = GpuDevice.CreateContext(_ => { });
        private readonly PTXBackend backend;
        private readonly EmittedAccess access;

        public Compiler(int architecture)
        {
            backend = new PTXBackend(
                context, new CudaArchitecture(architecture / 10, architecture % 10), CudaInstructionSet.ISA_80, null!);
            access = new EmittedAccess(context);
        }

        public string Compile(Type kernel) =>
            compiled.GetOrAdd(kernel, static (kernel, backend) => ((PTXCompiledKernel)backend.Compile(Describe(kernel), default)).PTXAssembly, backend);

        /// <summary>How many bytes of arguments a launch passes.</summary>
        public int ArgumentBytes(Type kernel)
        {
            access.Open(kernel);
            return backend.ArgumentMapper.Map(default(NopILEmitter), new EntryPoint(Describe(kernel), default, default)).BufferSize;
        }

        private static EntryPointDescription Describe(Type kernel)
        {
            string entry = typeof(IElementKernel).IsAssignableFrom(kernel) ? nameof(Entry.Elements) : nameof(Entry.Groups);
            return EntryPointDescription.FromExplicitlyGroupedKernel(
                typeof(Entry).GetMethod(entry, BindingFlags.Public | BindingFlags.Static)!.MakeGenericMethod(kernel));
        }

        public void Dispose()
        {
            backend.Dispose();
            context.Dispose();
        }
    }
}
