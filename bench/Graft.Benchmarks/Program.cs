using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Perfolizer.Horology;

namespace Graft.Benchmarks;

/// <summary><c>roof [--threads N] [--json]</c>, or the suites with BenchmarkDotNet's own options: <c>--filter '*Gemm*'</c>.</summary>
internal static class Program
{
    private const int LongestParameter = 40;

    public static int Main(string[] args) => args is ["roof", .. var options] ? Roof(options) : Suites(args);

    private static int Roof(string[] options)
    {
        bool json = false;
        int threads = Environment.ProcessorCount;
        for (int i = 0; i < options.Length; i++)
        {
            if (options[i] == "--json")
            {
                json = true;
            }
            else if (options[i] != "--threads" || ++i == options.Length
                || !int.TryParse(options[i], NumberStyles.None, CultureInfo.InvariantCulture, out threads) || threads < 1)
            {
                Console.Error.WriteLine("bench: roof takes --threads N (at least 1) and --json, nothing else");
                return 2;
            }
        }
        var report = RoofReport.Measure(threads);
        Console.WriteLine(json ? report.ToJson() : report.ToString());
        return 0;
    }

    private static int Suites(string[] args)
    {
        // in this process, where nothing is generated and built on the way; short iterations keep a case within some seconds
        var job = Job.InProcess.WithWarmupCount(3).WithIterationTime(TimeInterval.FromMilliseconds(200)).WithIterationCount(12);
        var config = DefaultConfig.Instance.AddJob(job).AddDiagnoser(MemoryDiagnoser.Default)
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(LongestParameter));
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
        return summaries.All(summary => summary.Reports.All(report => report.Success)) ? 0 : 1;
    }
}
