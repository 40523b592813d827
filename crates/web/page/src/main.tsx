// The page's entry: styles, then the application. Nothing is decided here.

import { render } from 'preact';
import { App } from './app';
import { keepPage } from './state/update';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/entrance.css';
import './styles/recovery.css';
import './styles/conversation.css';
import './styles/beside.css';
import './styles/composer.css';
import './styles/blocked.css';
import './styles/questions.css';
import './styles/dialog.css';

const root = document.getElementById('page');
if (root) render(<App />, root);
keepPage();
