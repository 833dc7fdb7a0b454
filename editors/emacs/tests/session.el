;;; session.el --- A real session in Emacs, with eglot  -*- lexical-binding: t -*-

;; emacs --batch --load session.el FILE SERVER MODEL PAGE
;;
;; PAGE is the page about editors: the blocks of Emacs Lisp that stand there under "## Emacs" are
;; what is loaded here, so that what people copy is what works.  What does not parse is told, the
;; unfinished function in FILE is written; prints the buffer.

(require 'cl-lib)
(require 'package)
(package-activate-all)

(defvar session-file (expand-file-name (nth 0 command-line-args-left)))
(defvar session-server (expand-file-name (nth 1 command-line-args-left)))
(defvar session-model (expand-file-name (nth 2 command-line-args-left)))
(defvar session-page (expand-file-name (nth 3 command-line-args-left)))
(setq command-line-args-left nil)

(defvar session-said nil "What Emacs showed in its last line.")
(advice-add 'message :before
            (lambda (format &rest arguments)
              (when format (push (apply #'format-message format arguments) session-said))))

(defun session-fail (format &rest arguments)
  "Print what failed and end with 1."
  (let ((why (apply #'format format arguments)))
    (princ (format "%s\nsaid:\n%s\n" why (mapconcat #'identity (reverse session-said) "\n"))
           #'external-debugging-output)
    (kill-emacs 1)))

(defun session-wait (what condition)
  "Let Emacs work until CONDITION gives something, for a minute at most."
  (let ((end (+ (float-time) 60)) found)
    (while (and (not (setq found (funcall condition))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (or found (session-fail "no %s in a minute:\n%s" what (buffer-string)))))

(defun session-settings ()
  "Evaluate what the page says, with the model of this test in the place of the one it names."
  (with-temp-buffer
    (insert-file-contents session-page)
    (search-forward "\n## Emacs")
    (let ((end (save-excursion (if (search-forward "\n## " nil t) (point) (point-max))))
          (blocks 0))
      (while (re-search-forward "^```elisp\n\\(\\(?:.*\n\\)*?\\)```" end t)
        (let ((block (replace-regexp-in-string "\"[^\"]*\\.gguf\"" (prin1-to-string session-model)
                                               (match-string 1) t t)))
          (setq blocks (1+ blocks))
          (eval (car (read-from-string (format "(progn %s)" block))) t)))
      (when (zerop blocks) (session-fail "%s has no settings" session-page)))))

(defun session-problems ()
  "What eglot underlines."
  (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))

(defun session-run ()
  "The session itself."
  ;; Without the window of a shell, the server is where the PATH says.
  (let ((folder (file-name-directory session-server)))
    (push folder exec-path)
    (setenv "PATH" (concat folder path-separator (getenv "PATH"))))
  (session-settings)
  (require 'eglot)
  (setq eglot-sync-connect 30)
  (find-file session-file)
  (unless (derived-mode-p 'python-mode) (session-fail "the mode is %s" major-mode))
  (call-interactively #'eglot)
  (session-wait "server" (lambda () (eglot-current-server)))
  (flymake-mode 1)
  ;; A bracket that is missing, and that comes back.
  (goto-char (point-min))
  (search-forward "]")
  (delete-char 1)
  (run-hooks 'post-command-hook)
  (eglot--signal-textDocument/didChange)
  (session-wait "diagnostic" (lambda () (flymake-start) (session-problems)))
  (princ (format "%s\n---\n" (car (session-problems))))
  (insert ")")
  (eglot--signal-textDocument/didChange)
  (session-wait "end of the diagnostic" (lambda () (flymake-start) (null (session-problems))))
  ;; The action, as somebody chooses it; the edit is confirmed.
  (goto-char (point-min))
  (search-forward "raise")
  (let ((last-nonmenu-event t) asked)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt choices &rest _)
                 (setq asked (mapcar (lambda (one) (if (consp one) (car one) one)) choices))
                 (or (cl-find-if (lambda (title) (string-match-p "generate and verify" title)) asked)
                     (session-fail "no such action: %S" asked))))
              ((symbol-function 'y-or-n-p) #'always))
      (eglot-code-actions (point) nil nil t)
      (session-wait "function"
                    (lambda () (not (string-match-p "NotImplementedError" (buffer-string)))))))
  (session-wait "word about it"
                (lambda () (cl-find-if (lambda (one) (string-match-p "is verified" one)) session-said)))
  (princ (buffer-string))
  (set-buffer-modified-p nil)
  (eglot-shutdown (eglot-current-server) nil 5))

(condition-case problem
    (session-run)
  (error (session-fail "%S" problem)))
(kill-emacs 0)
;;; session.el ends here
