namespace Graft.Hub.Tests;

/// <summary>Runs the tests, or as a second process of one of them fetches a file.</summary>
internal static class Program
{
    /// <summary>The first argument of a second process; the endpoint, the cache, the repository and the file follow.</summary>
    public const string Fetch = "fetch-for-a-test";

    public static async Task<int> Main(string[] args)
    {
        if (args is [Fetch, var endpoint, var cache, var repository, var file])
        {
            var settings = HubSettings.FromEnvironment() with { Endpoint = new Uri(endpoint), CacheFolder = cache, StallTimeout = TimeSpan.FromSeconds(30) };
            using var client = new HubClient(settings);
            Console.WriteLine(await client.DownloadFileAsync(repository, file));
            return 0;
        }
        return args.Any(static argument => argument is "--server" or "--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
