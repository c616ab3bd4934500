using Graft.Models;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>Pictures as a command line names them: files, and folders for all that lies in and below them.</summary>
internal static class Pictures
{
    /// <exception cref="WrongInputException">A path leads nowhere, or a folder has no pictures.</exception>
    public static List<string> List(IEnumerable<string> paths)
    {
        var files = new List<string>();
        foreach (string path in paths)
        {
            string shown = Printable.Text(path);
            if (File.Exists(path))
            {
                files.Add(path);
                continue;
            }
            if (!Directory.Exists(path)) throw new WrongInputException(path.Length == 0 ? "an empty name is no picture" : $"{shown}: there is no such picture or folder");
            int before = files.Count;
            try
            {
                files.AddRange(ImageFolder.Pictures(path));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new WrongInputException($"{shown} cannot be listed ({exception.Message})");
            }
            if (files.Count == before) throw new WrongInputException($"{shown} has no pictures");
        }
        return files;
    }

    /// <summary>Computes something of every picture; one that cannot be used is told of in its place, and the rest goes on.</summary>
    /// <param name="files">The pictures.</param>
    /// <param name="compute">Computes it for a list of them, in their order, a batch at a time.</param>
    /// <param name="done">Is given each picture's number and result.</param>
    /// <param name="failed">Is given the number of each picture that cannot be used, and why.</param>
    public static void ForEach<T>(
        IReadOnlyList<string> files, Func<IReadOnlyList<string>, IEnumerable<T>> compute, Action<int, T> done, Action<int, ImageException> failed)
    {
        int at = 0;
        while (at < files.Count)
        {
            try
            {
                foreach (var result in compute([.. files.Skip(at)])) done(at++, result);
            }
            catch (ImageException)
            {
                // the batch that came next has such a picture: each of it alone, to find which
                for (int end = Math.Min(at + ImageClassifier.InferenceBatch, files.Count); at < end; at++) One(at);
            }
        }

        void One(int index)
        {
            try
            {
                done(index, compute([files[index]]).Single());
            }
            catch (ImageException exception)
            {
                failed(index, exception);
            }
        }
    }
}
