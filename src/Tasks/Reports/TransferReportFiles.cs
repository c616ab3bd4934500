using System.Text;

namespace Graft.Tasks;

/// <summary>Writes a report as a page and as JSON.</summary>
public static class TransferReportFiles
{
    /// <summary>The page's file: self-contained, nothing is asked for from elsewhere.</summary>
    public const string HtmlName = "report.html";

    /// <summary>The file of all figures.</summary>
    public const string JsonName = "report.json";

    /// <summary>Writes both files, each whole or not at all.</summary>
    /// <param name="report">The report.</param>
    /// <param name="folder">The folder; made where it is not there.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Write(TransferReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        Replace(Path.Combine(folder, JsonName), ReportJson.Of(report));
        Replace(Path.Combine(folder, HtmlName), Encoding.UTF8.GetBytes(ReportPage.Of(report)));
    }

    private static void Replace(string path, byte[] content)
    {
        string partial = $"{path}.{Guid.NewGuid():n}.partial";
        try
        {
            File.WriteAllBytes(partial, content);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
